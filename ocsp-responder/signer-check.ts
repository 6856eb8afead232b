/** Whether a certificate makes a key a fit signer of OCSP answers (RFC 6960 §4.2.2.2). */
import { equalBytes, oids, readExtendedKeyUsage, readKeyUsage, verifyCertificate } from '../ca-core/index.ts';
import type { Certificate } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import type { Violation } from '../ca-core/errors.ts';

export interface SignerExpectation {
  readonly issuer: Certificate;
  /** DER SubjectPublicKeyInfo of the responder's own key. */
  readonly publicKey: Uint8Array;
  readonly now: UnixTime;
  /** Seconds. Nobody checks the status of a responder's certificate (nocheck), so it is short. */
  readonly maxLifetime: number;
}

/** Every reason why this certificate must not sign an answer; none when it is fit. */
export function checkSigner(certificate: Certificate, expected: SignerExpectation): Violation[] {
  const { issuer, publicKey, now, maxLifetime } = expected;
  const ours =
    equalBytes(certificate.issuer, issuer.subject) && verifyCertificate(certificate, issuer.subjectPublicKeyInfo);
  const broken: Record<string, boolean> = {
    issuer: !ours,
    subjectPublicKeyInfo: !equalBytes(certificate.subjectPublicKeyInfo, publicKey),
    extendedKeyUsage: !hasOnlyOcspSigning(certificate),
    keyUsage: !maySign(certificate),
    nocheck: !certificate.extensions.has(oids.ocspNocheck),
    validity: certificate.notAfter - certificate.notBefore > maxLifetime,
    notBefore: certificate.notBefore > now,
    notAfter: certificate.notAfter < now,
  };
  return Object.entries(broken)
    .filter(([, isBroken]) => isBroken)
    .map(([field]) => ({ rule: 'RFC 6960 §4.2.2.2', field }));
}

function hasOnlyOcspSigning(certificate: Certificate): boolean {
  const usage = certificate.extensions.get(oids.extendedKeyUsage);
  return usage !== undefined && readExtendedKeyUsage(usage.value).join() === oids.OCSPSigning;
}

function maySign(certificate: Certificate): boolean {
  const usage = certificate.extensions.get(oids.keyUsage);
  return usage !== undefined && readKeyUsage(usage.value).includes('digitalSignature');
}
