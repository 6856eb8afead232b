/** A chain of certificates as the degenerate SignedData that browsers and Windows import (RFC 5652 §5.1, RFC 8551 §3.2.2). */
import { explicit, implicit, integer, oid, sequence, set, type Der } from './der.ts';

const signedDataType = '1.2.840.113549.1.7.2';
const contentType = '1.2.840.113549.1.7.1';

/** ContentInfo of a SignedData with certificates and nobody's signature. */
export function encodeCertsOnly(certificates: readonly Uint8Array[]): Der {
  const signedData = sequence(integer(1), set(), sequence(oid(contentType)), implicit(0, set(...certificates)), set());
  return sequence(oid(signedDataType), explicit(0, signedData));
}
