/** From the attributes that a token keeps of a public key to SubjectPublicKeyInfo. */
import { bitString, integerFromBytes, nullValue, oid, sequence, type Der } from '../x509/der.ts';
import { expectTag, readDer } from '../x509/der-reader.ts';
import { oids } from '../x509/oids.ts';
import type { SigningKeyAlgorithm } from './key-store.ts';

/** What PKCS#11 calls CKA_MODULUS, CKA_PUBLIC_EXPONENT; CKA_EC_PARAMS, CKA_EC_POINT. */
export type PublicAttributes =
  | { readonly modulus: Uint8Array; readonly publicExponent: Uint8Array }
  | { readonly parameters: Uint8Array; readonly point: Uint8Array };

/** CKA_EC_PARAMS of each curve: the named curve's OID; for Ed25519 that of the algorithm (RFC 8410 §3). */
export const curveParameters = {
  'p-256': oid(oids.secp256r1),
  'p-384': oid(oids.secp384r1),
  ed25519: oid(oids.ed25519),
} as const satisfies Partial<Record<SigningKeyAlgorithm, Der>>;

/** DER SubjectPublicKeyInfo (RFC 3279 §2.3.1, RFC 5480 §2, RFC 8410 §4). Throws derMalformed. */
export function subjectPublicKeyInfo(attributes: PublicAttributes): Der {
  if ('modulus' in attributes) {
    const { modulus, publicExponent } = attributes;
    const key = sequence(integerFromBytes(modulus), integerFromBytes(publicExponent));
    return sequence(sequence(oid(oids.rsaEncryption), nullValue()), bitString(key));
  }
  const { parameters, point } = attributes;
  // Some tokens write Ed25519's curve as a name, PrintableString "edwards25519".
  const isEdwards = Buffer.from(parameters).equals(curveParameters.ed25519) || parameters[0] === 0x13;
  const algorithm = isEdwards
    ? sequence(curveParameters.ed25519)
    : sequence(oid(oids.ecPublicKey), new Uint8Array(parameters));
  return sequence(algorithm, bitString(bareOctets(point)));
}

/** Octets of a point: Ed25519, uncompressed on P-256 and on P-384. */
const pointLengths = [32, 65, 97];

/** CKA_EC_POINT is an OCTET STRING by the standard, and the bare octets on some tokens. */
function bareOctets(point: Uint8Array): Uint8Array {
  return pointLengths.includes(point.length) ? point : expectTag(readDer(point), 4).content;
}
