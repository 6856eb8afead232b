import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from '../schema.ts';
import { putNewFile } from '../keys/new-file.ts';

/** The secret half of a one-time link. It leaves this folder only inside the link's fragment. */
export interface InvitationSecret {
  readonly secret: Uint8Array;
  /** Why the console opened it: a first officer, a new member, or someone who lost every authenticator. */
  readonly purpose: 'founder' | 'newMember' | 'recovery';
  /** For recovery: the two operators who opened it. */
  readonly operators: readonly string[];
}

export interface InvitationSecrets {
  readonly draw: (
    id: string,
    purpose: InvitationSecret['purpose'],
    operators: readonly string[],
  ) => Promise<Uint8Array>;
  readonly find: (id: string) => InvitationSecret | undefined;
  readonly forget: (id: string) => Promise<void>;
}

const kept = z.object({
  secret: z.string(),
  purpose: z.enum(['founder', 'newMember', 'recovery']),
  operators: z.array(z.string()),
});

export async function openInvitationSecrets(folder: string): Promise<InvitationSecrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fileOf = (id: string): string => join(folder, `${id.replace(/[^0-9a-f-]/g, '')}.json`);
  return {
    draw: async (id, purpose, operators) => {
      const secret = randomBytes(32);
      await putNewFile(fileOf(id), JSON.stringify({ secret: secret.toString('hex'), purpose, operators }));
      return secret;
    },
    find: id => {
      if (!existsSync(fileOf(id))) return undefined;
      const { secret, purpose, operators } = kept.parse(JSON.parse(readFileSync(fileOf(id), 'utf8')));
      return { secret: Buffer.from(secret, 'hex'), purpose, operators };
    },
    forget: id => rm(fileOf(id), { force: true }),
  };
}
