/** USB tokens and the work at them as issuing stations see it. */
import { signedStatement, tokenStates } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { tokenAlgorithms } from '../tokens/token-algorithms.ts';
import { tokenJobStates } from '../tokens/token-job.ts';
import { instant } from './times.ts';

const serial = z
  .string()
  .regex(/^[!-~]{1,64}$/)
  .describe('The serial number of the token (CK_TOKEN_INFO).');

export const tokensThere = z.strictObject({
  tokens: z
    .array(z.strictObject({ serial, model: z.string().max(64).default('') }))
    .min(1)
    .max(200),
});

export const tokensQuery = z.strictObject({ state: z.enum(tokenStates).optional(), serial: serial.optional() });

export const token = z.strictObject({
  serial,
  model: z.string(),
  station: z.string(),
  state: z.enum(tokenStates),
  job: z.string().nullable().describe('The one that is open.'),
  caseId: z.string().nullable(),
  holder: z.strictObject({ name: z.string(), organisationName: z.string() }).nullable(),
  changedAt: instant,
});
export const tokenList = z.strictObject({ tokens: z.array(token) });

export const tokenJob = z.strictObject({
  job: z.strictObject({
    jobId: z.string(),
    ca: z.string(),
    caseId: z.string(),
    caseDigest: z.string(),
    tokenSerial: serial,
    label: z.string().describe('For the token; 32 octets at most.'),
    algorithm: z.enum(tokenAlgorithms),
  }),
  state: z.enum(tokenJobStates),
  lot: z.string().describe('Jobs that were given out together.'),
  number: z.int().min(1).describe('In its lot, from 1.'),
  of: z.int().min(1),
  tokenState: z.enum(tokenStates),
  holder: z
    .strictObject({ name: z.string(), organisationName: z.string(), mailbox: z.string() })
    .describe('For the PIN letter.'),
  takenAt: instant.nullable(),
  letterMadeAt: instant.nullable(),
  refusal: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
});

export const tokenWork = z.strictObject({
  jobs: z.array(tokenJob).describe('Those that two officers approved and that are not done.'),
  counts: z.record(z.enum(tokenJobStates), z.int()),
});

export const nothingMore = z.strictObject({});
export const request = signedStatement.describe('PKCS#10 in a statement, signed with the station’s key on the roll.');

export const report = z.strictObject({
  outcome: z.enum(['active', 'damaged', 'failed']),
  reason: z.string().max(500).default('').describe('Plain English, without secrets.'),
});

export const issued = z.strictObject({
  state: z.enum(['waiting', 'issued']),
  certificate: z.string().nullable().describe('DER, base64.'),
  chain: z.array(z.string()).describe('Issuing CA, then root.'),
});
