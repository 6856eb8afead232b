/** Keys that may stand in no certificate, whoever holds them: one officer blocks them, two let them in again. */
import { z } from '../schema.ts';
import { digestHex, hexBytes, shortText, unixTime } from './document-parts.ts';

/** As many as one document names; the lists of keys that everybody knows are policies/weak-keys. */
export const mostKeysAtOnce = 1_000;

const keys = z.array(digestHex).min(1).max(mostKeysAtOnce);

export const keyBlockDocument = z.strictObject({
  kind: z.literal('keyBlock'),
  version: z.literal(1),
  ca: digestHex,
  /** SHA-256 of each SubjectPublicKeyInfo, hex. */
  keys,
  because: shortText,
  /**
   * The proof that somebody else holds the key, where one was brought: a PKCS#10 signed with it whose subject says that it
   * is one (compromise-proof.ts), DER in hex. Then `keys` is that one key.
   */
  proof: hexBytes.max(16_384).optional(),
  requestedAt: unixTime,
});
export type KeyBlockDocument = z.infer<typeof keyBlockDocument>;

export const keyUnblockDocument = z.strictObject({
  kind: z.literal('keyUnblock'),
  version: z.literal(1),
  ca: digestHex,
  keys,
  because: shortText,
  requestedAt: unixTime,
});
export type KeyUnblockDocument = z.infer<typeof keyUnblockDocument>;
