/** One line of what the OCSP responder remembers on its own disk: it writes them, and the CA core's nightly look reads them. */
import { z } from './schema.ts';

const serialNumber = z.string().regex(/^([0-9a-f]{2}){1,20}$/);
const unixTime = z.number().int().nonnegative();
const crlNumber = z.string().regex(/^[0-9]{1,49}$/);

export const ocspStatusLine = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('good'), serialNumber, notAfter: unixTime }),
  /** `afterCrl`: the newest CRL known when it was revoked. */
  z.strictObject({
    is: z.literal('revoked'),
    serialNumber,
    revokedAt: unixTime,
    reason: z.string().max(32).nullable(),
    afterCrl: crlNumber,
    invalidityDate: unixTime.nullable().default(null),
    notAfter: unixTime.nullable().default(null),
  }),
  /** A release was seen in the database, which alone changes no answer. */
  z.strictObject({ is: z.literal('releaseSeen'), serialNumber }),
  /** How far the database was followed, by when, and the newest CRL. */
  z.strictObject({ is: z.literal('reached'), seq: z.number().int().nonnegative(), at: unixTime, crlNumber }),
]);
export type OcspStatusLine = z.infer<typeof ocspStatusLine>;

/** The file of them in the responder's folder of an issuing CA. */
export const ocspStatusFile = 'status.jsonl';
