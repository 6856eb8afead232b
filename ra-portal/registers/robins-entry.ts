import { checkCorporateNumber, type RobinsRecord } from '../../ca-core/index.ts';
import { readBy, z } from '../../ca-core/schema.ts';

const text = z.string().max(1000);
const grade = z.enum(['authoritative', 'verified', 'unverified']);

/** What of an entry goes into a case: a record without its provenance. */
const robinsAttributes = z.object({
  key: z.string().regex(/^[0-9]{16}$/, 'must be 16 digits'),
  corporateNumber: z.string().refine(hasCheckDigit, 'must be 13 digits with a right check digit'),
  nameJa: text,
  nameEn: text,
  addressJa: text,
  stateOrProvince: text,
  locality: text,
  phone: text.default(''),
  url: text.default(''),
  webDomains: z.array(text).default([]),
  mailDomains: z.array(text).default([]),
  asOf: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be yyyy-mm-dd'),
  grades: z.record(z.string(), grade),
});

/** An organisation's page in ROBINS as both the snapshot and the HTTP endpoint give it. */
export const robinsEntry = robinsAttributes.extend({
  /** 会社法人等番号, 4-2-6, where the organisation is a registered company. */
  companyRegistrationNumber: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{6}$/, 'must be written 4-2-6')
    .optional(),
});
export type RobinsEntry = z.infer<typeof robinsEntry>;

const robinsEntries = z.object({ entries: z.array(robinsEntry).min(1) });

/** Throws policyInvalid with every mistake. */
export function readRobinsEntries(value: unknown): readonly RobinsEntry[] {
  return readBy(robinsEntries as unknown as z.ZodType<{ entries: RobinsEntry[] }>, value, 'policyInvalid').entries;
}

/** Throws registerUnavailable: an answer that is not understood is no answer. */
export function readRobinsEntry(value: unknown): RobinsEntry {
  return readBy(robinsEntry as unknown as z.ZodType<RobinsEntry>, value, 'registerUnavailable');
}

export function robinsRecordOf(
  entry: RobinsEntry,
  provenance: Pick<RobinsRecord, 'source' | 'fetchedAt' | 'rawHash'>,
): RobinsRecord {
  return { ...provenance, ...robinsAttributes.parse(entry) };
}

function hasCheckDigit(corporateNumber: string): boolean {
  try {
    checkCorporateNumber(corporateNumber);
    return true;
  } catch {
    return false;
  }
}
