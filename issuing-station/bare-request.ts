import { implicit, integer, sequence, set, type Der } from '../ca-core/x509/der.ts';
import { signed, type SigningKey } from '../ca-core/x509/signed.ts';

/** PKCS#10 (RFC 2986) without a name: that comes from the registers, or from the roll. */
export function encodeBareRequest(key: SigningKey): Promise<Der> {
  return signed(sequence(integer(0), sequence(), key.publicKey, implicit(0, set())), key);
}
