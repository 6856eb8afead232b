/** Which key signs and which is on its way, kept in the responder's home so that a crash loses no key and no number. */
import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readBy, z } from '../ca-core/schema.ts';
import { firstKeyLabel } from './keys.ts';

const label = z.string().regex(/^signer-[1-9][0-9]{0,8}$/);

const signerRecord = z.strictObject({
  /** Number of the last request; each has a higher one. */
  sequence: z.number().int().nonnegative(),
  current: z.strictObject({
    label,
    /** DER of the certificate, hex; null before the first. */
    certificate: z.string().nullable(),
  }),
  /** The key that shall come next and the request for its certificate, null when none is under way. */
  next: z.strictObject({ label, requestId: z.string().nullable(), askedAt: z.number().int() }).nullable(),
});
export type SignerRecord = z.infer<typeof signerRecord>;

export interface SignerRecordFile {
  readonly read: () => Promise<SignerRecord>;
  readonly write: (record: SignerRecord) => Promise<void>;
}

export function signerRecordFile(file: string): SignerRecordFile {
  return {
    read: async () => {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return { sequence: 0, current: { label: firstKeyLabel, certificate: null }, next: null };
      return readBy(signerRecord, JSON.parse(text), 'storeUnavailable');
    },
    write: record => replaceFile(file, `${JSON.stringify(record)}\n`),
  };
}

async function replaceFile(file: string, text: string): Promise<void> {
  const beside = await open(`${file}.new`, 'w', 0o600);
  await beside.writeFile(text);
  await beside.sync();
  await beside.close();
  await rename(`${file}.new`, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync();
  await folder.close();
}
