/** Bulk jobs as programs see them: these schemas read the requests, check the answers in tests, and make the OpenAPI document. */
import { keyAlgorithms } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { layoutNames } from '../bulk/layouts.ts';
import { delimiters, encodings } from '../bulk/reading/table.ts';
import { jobStates, rowStates } from '../bulk/states.ts';
import { day, receptionNumber } from './application-schemas.ts';
import { instant } from './times.ts';

const jobNumber = z.string().describe('The number of the job, `J26-XXXX-XXXX`.');
const delivery = z
  .enum(['person', 'package'])
  .describe('Each person fetches their own by a mailed link, or the desk all.');

export const newJobQuery = z.strictObject({
  profile: z.string().min(1).max(64).describe('A name of GET /api/v1/profiles.'),
  keyAlgorithm: z.enum(keyAlgorithms),
  custodian: z.string().min(1).max(64).describe('Who keeps the passwords: an id of GET /api/v1/bulk/custodians.'),
  delivery: delivery.default('package'),
  compatibility: z.enum(['true', 'false']).default('false').describe('A PKCS#12 that old Windows reads.'),
  name: z.string().max(255).default('').describe('Of the file, for people to know it by.'),
  encoding: z.enum(encodings).optional().describe('Found out where it is left out.'),
  delimiter: z.enum(delimiters).optional(),
  layout: z.enum(layoutNames).optional(),
  identityDocument: z.string().max(255).optional().describe('Of all rows, where the table has no column for it.'),
  identityMethod: z.string().max(64).optional(),
  identitySeenOn: day.optional(),
});

export const newJob = z.strictObject({ job: jobNumber, rows: z.int() });
export const jobNamed = z.strictObject({ job: jobNumber });

const counts = z.strictObject(Object.fromEntries(rowStates.map(state => [state, z.int()])));

export const job = z.strictObject({
  job: jobNumber,
  state: z.enum(jobStates),
  round: z.int().describe('From 1; a rerun is another round.'),
  rows: z.int(),
  profile: z.string(),
  delivery,
  fileSha256: z.string(),
  counts: counts.describe('Rows by their state.'),
  done: z.int().describe('Rows that have reached their end; documents while they are made.'),
  perMinute: z.int().nullable(),
  secondsLeft: z.int().nullable(),
  attestAt: z.string().nullable().describe('Where the LRA attests, while that is waited for.'),
  submittedAt: instant,
  changedAt: instant,
});

export const jobs = z.strictObject({
  jobs: z.array(
    z.strictObject({ job: jobNumber, state: z.enum(jobStates), rows: z.int(), name: z.string(), submittedAt: instant }),
  ),
});

export const rowsQuery = z.strictObject({
  state: z.enum(rowStates).optional(),
  page: z.coerce.number().int().min(1).max(1_000).default(1).describe('From 1, of 100 rows each.'),
});

export const rows = z.strictObject({
  rows: z.array(
    z.strictObject({
      row: z.int().describe('As Excel counts.'),
      state: z.enum(rowStates),
      code: z.string().nullable().describe('Why it failed.'),
      caseId: receptionNumber.nullable(),
      mailbox: z.string(),
      changedAt: instant,
    }),
  ),
});

export const custodians = z.strictObject({
  custodians: z.array(z.strictObject({ id: z.string(), name: z.string(), publicKey: z.string() })),
});

export const filesWanted = z.strictObject({
  after: z.int().min(0).default(0).describe('`after` of the answer before; 0 for the first files.'),
});

export const files = z.strictObject({
  files: z.array(
    z.strictObject({
      row: z.int(),
      fileName: z.string().describe('Safe in every file system.'),
      caseId: receptionNumber,
      mailbox: z.string(),
      serialNumber: z.string(),
      pkcs12: z.string().describe('base64; its password is with the custodian.'),
    }),
  ),
  after: z.int().nullable().describe('For the next files; null where these were the last.'),
});
