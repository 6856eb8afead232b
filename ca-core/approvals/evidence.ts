/** What was seen of a person and of an organisation, as it stands in the document that officers sign. */
import { z } from '../schema.ts';

const text = z.string().max(1000);
const unixTime = z.number().int().nonnegative();

/**
 * One look at one piece of evidence. `method` and `document` are ids from the policy; `seenBy` is an officer's member
 * id, or `mailbox-proof` for the mailbox, which the platform proves itself. `number` is the document's own number;
 * a My Number is never one of them.
 */
export const evidenceRecord = z.strictObject({
  method: z.string().regex(/^[a-z0-9-]{1,64}$/),
  document: z.string().regex(/^[a-z0-9-]{1,64}$/),
  issuer: text,
  number: text,
  validUntil: unixTime.nullable(),
  seenAt: unixTime,
  seenBy: z.string().min(1).max(64),
  result: z.enum(['accepted', 'refused']),
});
export type EvidenceRecord = z.infer<typeof evidenceRecord>;

const provenance = {
  /** Which source answered: robins-snapshot, robins-http, nta-snapshot or nta-api. */
  source: z.enum(['robins-snapshot', 'robins-http', 'nta-snapshot', 'nta-api']),
  fetchedAt: unixTime,
  /** SHA-256, hex, of the bytes the source gave. */
  rawHash: z.string().regex(/^[0-9a-f]{64}$/),
};

/** One record of the National Tax Agency's Corporate Number publication, current history row (30 columns, domain names kept). */
export const ntaRecord = z.strictObject({
  ...provenance,
  corporateNumber: z.string().regex(/^[0-9]{13}$/),
  process: text,
  updateDate: text,
  changeDate: text,
  name: text,
  nameImageId: text,
  kind: text,
  prefectureName: text,
  cityName: text,
  streetNumber: text,
  prefectureCode: text,
  cityCode: text,
  postCode: text,
  closeDate: text,
  closeCause: text,
  successorCorporateNumber: text,
  latest: text,
  enName: text,
  enPrefectureName: text,
  enCityName: text,
  furigana: text,
  hihyoji: text,
});
export type NtaRecord = z.infer<typeof ntaRecord>;

/** How well an attribute is known: 権威ある源泉, 検証された, 未検証. */
const grade = z.enum(['authoritative', 'verified', 'unverified']);
export type Grade = z.infer<typeof grade>;

/** One organisation's page in ROBINS. Attributes that the register grades carry their grade under the same name in `grades`. */
export const robinsRecord = z.strictObject({
  ...provenance,
  /** The 16 digits that lead to the page. */
  key: z.string().regex(/^[0-9]{16}$/),
  corporateNumber: z.string().regex(/^[0-9]{13}$/),
  nameJa: text,
  nameEn: text,
  addressJa: text,
  /** Roman letters, as they go into ST and L. */
  stateOrProvince: text,
  locality: text,
  phone: text,
  url: text,
  webDomains: z.array(text),
  mailDomains: z.array(text),
  /** yyyy-mm-dd */
  asOf: text,
  grades: z.record(z.string(), grade),
});
export type RobinsRecord = z.infer<typeof robinsRecord>;

export const registerRecords = z.strictObject({ nta: ntaRecord.nullable(), robins: robinsRecord.nullable() });
export type RegisterRecords = z.infer<typeof registerRecords>;
