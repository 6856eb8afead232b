/** TBSCertificate, version 3 (RFC 5280 §4.1): the bytes that are linted, recorded and signed. */
import { explicit, fromHex, integer, integerFromBytes, sequence, time, type Der } from './der.ts';
import { signatureAlgorithmDer, type SignatureAlgorithm } from './signed.ts';
import type { UnixTime } from '../clock.ts';

export interface TbsCertificate {
  /** Lower-case hex of a positive integer of at most 20 octets. */
  readonly serialNumber: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** The issuer's subject Name, copied octet for octet. */
  readonly issuer: Der;
  readonly subject: Der;
  readonly notBefore: UnixTime;
  /** The last second of validity: the end is inclusive (§4.1.2.5). */
  readonly notAfter: UnixTime;
  readonly subjectPublicKeyInfo: Der;
  /** Whole Extension TLVs in the order they shall have; constant ones are worth encoding once. */
  readonly extensions: readonly Der[];
}

const version3 = explicit(0, integer(2));

/** DER of a TBSCertificate. Throws RangeError for a serial number that RFC 5280 §4.1.2.2 does not allow. */
export function encodeTbsCertificate(tbs: TbsCertificate): Der {
  return sequence(
    version3,
    encodeSerialNumber(tbs.serialNumber),
    signatureAlgorithmDer(tbs.signatureAlgorithm),
    tbs.issuer,
    sequence(time(tbs.notBefore), time(tbs.notAfter)),
    tbs.subject,
    tbs.subjectPublicKeyInfo,
    explicit(3, sequence(...tbs.extensions)),
  );
}

/** INTEGER of a serial number in hex. Throws RangeError unless it is positive and at most 20 octets long when encoded. */
export function encodeSerialNumber(serialNumber: string): Der {
  const encoded = integerFromBytes(fromHex(serialNumber));
  const isZero = encoded.length === 3 && encoded[2] === 0;
  if (isZero || encoded.length > 22) throw new RangeError('serialNumber must be positive and at most 20 octets');
  return encoded;
}
