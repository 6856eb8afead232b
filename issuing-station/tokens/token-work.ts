/** What the station remembers of each token that it is at: enough to go on after any interruption. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readBy, z } from '../../ca-core/schema.ts';
import { tokenKeyAlgorithms } from './personal-token.ts';
import { putFile } from '../put-file.ts';

const hex = z.string().regex(/^([0-9a-f]{2})+$/);

/**
 * begun: nothing of it counts yet, it may be made again from the start · keyed: the key is on the token · ordered: the
 * portal has the request, so that this key and no other will be certified · written: certificate and chain are on the
 * token · proven: read back, and its key has signed · reported: the portal knows · damaged: it cannot be finished · failed:
 * given up with a blank token, no certificate will come.
 */
export const tokenSteps = ['begun', 'keyed', 'ordered', 'written', 'proven', 'reported', 'damaged', 'failed'] as const;
export type TokenStep = (typeof tokenSteps)[number];

/** As the portal orders it: two officers approved the case, and the token by its serial number in it. */
export const tokenJob = z.strictObject({
  jobId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  ca: z.string().regex(/^[0-9a-f]{64}$/),
  caseId: z.string().min(1).max(255),
  caseDigest: z.string().regex(/^[0-9a-f]{64}$/),
  tokenSerial: z.string().regex(/^[!-~]{1,64}$/),
  /** What is written on the token; 32 octets at most. */
  label: z.string().min(1).max(32),
  algorithm: z.enum(tokenKeyAlgorithms),
});
export type TokenJob = z.infer<typeof tokenJob>;

const work = z.strictObject({
  job: tokenJob,
  step: z.enum(tokenSteps),
  /** From `keyed` on: SubjectPublicKeyInfo and PKCS#10, DER. */
  publicKey: hex.nullable(),
  request: hex.nullable(),
  /** Where it is damaged: in plain English. */
  reason: z.string().nullable(),
});
export type TokenWork = z.infer<typeof work>;

export interface Journal {
  readonly find: (jobId: string) => TokenWork | undefined;
  readonly all: () => readonly TokenWork[];
  readonly put: (work: TokenWork) => void;
  /** Somebody has this token back in hand and gives it free to be erased; how many jobs are forgotten. */
  readonly forget: (tokenSerial: string) => number;
}

export function openJournal(folder: string): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (jobId: string): string => join(folder, `${jobId}.json`);
  const read = (file: string): TokenWork =>
    readBy<TokenWork>(work, JSON.parse(readFileSync(file, 'utf8')) as unknown, 'settingsInvalid');
  const all = (): readonly TokenWork[] =>
    readdirSync(folder)
      .filter(name => name.endsWith('.json'))
      .map(name => read(join(folder, name)));
  return {
    find: jobId => (existsSync(fileOf(jobId)) ? read(fileOf(jobId)) : undefined),
    all,
    put: one => putFile(fileOf(one.job.jobId), JSON.stringify(one)),
    forget: serial => {
      const found = all().filter(({ job }) => job.tokenSerial === serial);
      for (const { job } of found) rmSync(fileOf(job.jobId));
      return found.length;
    },
  };
}
