/**
 * The station's client certificate: signed by its own key, since the portal knows that key from the roll and asks the
 * certificate for nothing else (ra-portal/people/station.ts). Leaving the roll ends it.
 */
import { randomBytes } from 'node:crypto';
import type { UnixTime } from '../../ca-core/clock.ts';
import type { Der } from '../../ca-core/x509/der.ts';
import { endEntityBasicConstraints, extendedKeyUsage, keyUsage } from '../../ca-core/x509/extensions.ts';
import { encodeName } from '../../ca-core/x509/name.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';

/** Proxies may look at the time, the portal does not. */
const tenYears = 10 * 366 * 86_400;

/** PEM. */
export function ownCertificate(key: SigningKey, memberId: string, now: UnixTime): Promise<string> {
  const extensions = [endEntityBasicConstraints(), keyUsage(['digitalSignature']), extendedKeyUsage([oids.clientAuth])];
  return selfSigned(key, { commonName: memberId, now, lifetime: tenYears, extensions });
}

export interface SelfSigned {
  readonly commonName: string;
  readonly now: UnixTime;
  /** Seconds. */
  readonly lifetime: number;
  /** Whole Extension TLVs. */
  readonly extensions: readonly Der[];
}

/** A certificate that vouches for nothing but its key, PEM. */
export async function selfSigned(
  key: SigningKey,
  { commonName, now, lifetime, extensions }: SelfSigned,
): Promise<string> {
  const name = encodeName([{ type: 'CN', value: commonName }]);
  const tbs = encodeTbsCertificate({
    serialNumber: `40${randomBytes(15).toString('hex')}`,
    signatureAlgorithm: key.algorithm,
    ...{ issuer: name, subject: name, notBefore: now - 3_600, notAfter: now + lifetime },
    subjectPublicKeyInfo: key.publicKey,
    extensions,
  });
  return encodePem('CERTIFICATE', await signed(tbs, key));
}
