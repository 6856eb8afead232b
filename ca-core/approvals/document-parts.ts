/** What the documents that people sign are made of. */
import { z } from '../schema.ts';

export const hexBytes = z.string().regex(/^([0-9a-f]{2})+$/);
export const digestHex = z.string().regex(/^[0-9a-f]{64}$/);
/** Up to the end of the year 9999, the last that a certificate or a CRL can write (RFC 5280 §4.1.2.5). */
export const unixTime = z.number().int().nonnegative().max(253_402_300_799);
export const shortText = z.string().min(1).max(255);
export const corporateNumber = z.string().regex(/^[1-9][0-9]{12}$/);
export const profileMeant = z.strictObject({ name: shortText, hash: digestHex });
