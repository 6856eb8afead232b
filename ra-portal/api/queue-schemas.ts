/** The officers' queue and one case of it. */
import { registerRecords } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { queueTabs } from '../store/queue.ts';
import { applicationState, cursor, receptionNumber, search } from './application-schemas.ts';
import { instant } from './times.ts';

export const queueQuery = z.strictObject({
  tab: z.enum(queueTabs).default('unassigned'),
  text: search.describe('Part of a name, a number or a mail address.'),
  profile: z.string().max(64).default(''),
  cursor: cursor.optional(),
});

const hold = {
  holder: z.string().nullable().describe('Who has it in hand, by name.'),
  claimedUntil: instant.nullable(),
};

const clock = {
  age: z.int().describe('Seconds since it was submitted.'),
  dueAt: instant.nullable().describe('Null while the clock stands still.'),
  timeLeft: z
    .int()
    .nullable()
    .describe('Seconds of working time until it is due, negative when overdue; null where it is done.'),
};

export const queuePage = z.strictObject({
  tab: z.enum(queueTabs),
  counts: z.record(z.enum(queueTabs), z.int()),
  cases: z.array(
    z.strictObject({
      caseId: receptionNumber,
      state: applicationState,
      profile: z.string(),
      kanjiName: z.string(),
      organisationName: z.string(),
      submittedAt: instant,
      changedAt: instant,
      ...clock,
      signatures: z.strictObject({ given: z.int(), needed: z.int() }),
      ...hold,
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const claimedNext = z.strictObject({
  caseId: receptionNumber.nullable().describe('Null where no case waits.'),
});

const violation = z.strictObject({ rule: z.string(), field: z.string(), found: z.string().optional() });

export const caseFile = z.strictObject({
  caseId: receptionNumber,
  state: applicationState,
  profile: z.string(),
  submittedAt: instant,
  changedAt: instant,
  claim: z.strictObject({
    kanjiName: z.string(),
    kanaName: z.string(),
    romanName: z.string(),
    corporateNumber: z.string(),
    organisationName: z.string(),
    mailbox: z.string(),
    roleName: z.string().optional(),
    licence: z.string().optional(),
  }),
  typed: z.record(z.string(), z.string()).describe('Fields as they were typed, where that differs from the claim.'),
  mailboxProvedAt: instant.nullable(),
  evidence: z.array(
    z.strictObject({
      id: z.string(),
      method: z.string(),
      document: z.string(),
      issuer: z.string(),
      number: z.string(),
      validUntil: instant.nullable(),
      seenAt: instant,
      seenBy: z.string(),
      result: z.enum(['accepted', 'refused']),
    }),
  ),
  register: registerRecords.describe('As the registers gave it; `fetchedAt` in Unix seconds, as it is signed.'),
  verdicts: z.array(
    z.strictObject({
      field: z.string(),
      source: z.enum(['nta', 'robins']),
      claimed: z.string(),
      registered: z.string(),
      verdict: z.enum(['match', 'variation', 'mismatch', 'uncheckable']),
    }),
  ),
  confirmedVariations: z.array(z.strictObject({ field: z.string(), confirmedBy: z.string() })),
  missing: z.array(violation).describe('What stands against approving it now.'),
  preview: z.strictObject({
    subject: z
      .string()
      .nullable()
      .describe('The exact name that the certificate will hold; null while it cannot be made.'),
    lint: z.array(violation).nullable().describe('What lint says of the certificate to be; null while there is none.'),
  }),
  signatures: z
    .strictObject({ given: z.int(), needed: z.int(), by: z.array(z.string()) })
    .nullable()
    .describe('Of the document that stands for the case; null while there is none.'),
  isOwn: z.boolean().describe('Whether it is the asking officer’s own application.'),
  timeLeft: clock.timeLeft,
  ...hold,
});
