/** Certificates of an organisation, and what ends them. */
import { revocationReasons } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { cursor, day, pageSize, receptionNumber, search } from './application-schemas.ts';
import { instant } from './times.ts';

const status = z.enum(['good', 'onHold', 'revoked', 'expired']);
const reason = z.enum(revocationReasons);

export const certificatesQuery = z.strictObject({
  status: status.optional(),
  text: search.describe('Part of a serial number, a reception number, a name or a mail address.'),
  limit: pageSize,
  cursor: cursor.optional(),
});

const line = {
  serialNumber: z
    .string()
    .regex(/^[0-9a-f]{2,40}$/)
    .describe('Hexadecimal, lower case.'),
  issuer: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('SHA-256 of the issuer’s SubjectPublicKeyInfo.'),
  caseId: receptionNumber,
  profile: z.string(),
  kanjiName: z.string(),
  kanaName: z.string(),
  romanName: z.string(),
  mailbox: z.string(),
  notBefore: instant,
  notAfter: instant,
  status,
  revocation: z.strictObject({ reason, at: instant }).nullable().describe('While it is on hold or revoked.'),
};

export const certificateSummary = z.strictObject(line);

export const certificatePage = z.strictObject({
  certificates: z.array(certificateSummary),
  nextCursor: z.string().nullable().describe('For the next page; null where this is the last.'),
});

export const certificate = z.strictObject({
  ...line,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe('Of the DER.'),
  revocationWaiting: z
    .strictObject({ askedAt: instant, ocspBy: instant, crlBy: instant })
    .nullable()
    .describe('Of a revocation that was asked for: by when OCSP and CRL tell of it, at the latest.'),
});

export const revocationWish = z.strictObject({
  reason: reason.describe('One of the profile’s reasons (GET /api/v1/profiles); `certificateHold` only suspends.'),
  since: day.optional().describe('The day from which the key is not to be trusted (RFC 5280 §5.3.2 invalidityDate).'),
});

export const revocationAsked = z.strictObject({ serialNumber: line.serialNumber, reason });
export const releaseAsked = z.strictObject({
  serialNumber: line.serialNumber,
  receipt: z.string().describe('The number under which officers have it. Two of them release.'),
});
