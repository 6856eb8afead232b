import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Member } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import { z } from '../schema.ts';
import { putNewFile } from '../keys/new-file.ts';

/** What a one-time link allows, whatever the row about it says; its secret leaves this folder only inside the link's fragment. */
export interface InvitationSecret {
  readonly secret: Uint8Array;
  readonly memberId: string;
  readonly role: Member['role'];
  readonly expiresAt: UnixTime;
  /** Why the console opened it: a first officer, a new member, or someone who lost every authenticator. */
  readonly purpose: 'founder' | 'newMember' | 'recovery';
  /** Of an LRA: the Corporate Numbers of the organisations it will speak for; none for everybody else. */
  readonly organisations: readonly string[];
  /** For recovery: the two operators who opened it. */
  readonly operators: readonly string[];
}

export interface InvitationSecrets {
  /** Throws EEXIST where the id is taken. */
  readonly put: (id: string, kept: InvitationSecret) => Promise<void>;
  readonly find: (id: string) => InvitationSecret | undefined;
  readonly forget: (id: string) => Promise<void>;
}

const kept = z.object({
  secret: z.string(),
  memberId: z.string(),
  role: z.enum(['officer', 'lra', 'station']),
  expiresAt: z.number(),
  purpose: z.enum(['founder', 'newMember', 'recovery']),
  organisations: z.array(z.string()).default([]),
  operators: z.array(z.string()),
});

export async function openInvitationSecrets(folder: string): Promise<InvitationSecrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const fileOf = (id: string): string => join(folder, `${id.replace(/[^0-9a-f-]/g, '')}.json`);
  return {
    put: (id, { secret, ...allowed }) =>
      putNewFile(fileOf(id), JSON.stringify({ ...allowed, secret: Buffer.from(secret).toString('hex') })),
    find: id => {
      if (!existsSync(fileOf(id))) return undefined;
      const { secret, ...allowed } = kept.parse(JSON.parse(readFileSync(fileOf(id), 'utf8')));
      return { ...allowed, secret: Buffer.from(secret, 'hex') };
    },
    forget: id => rm(fileOf(id), { force: true }),
  };
}
