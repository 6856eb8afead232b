/** Whether a certificate makes a key a fit signer of OCSP answers (RFC 6960 §4.2.2.2). */
import type { UnixTime } from '../clock.ts';
import type { Violation } from '../errors.ts';
import { verifyCertificate, type Certificate } from './certificate.ts';
import { equalBytes } from './der.ts';
import { readExtendedKeyUsage, readKeyUsage } from './extension-values.ts';
import { oids } from './oids.ts';

export interface SignerExpectation {
  readonly issuer: Certificate;
  /** DER SubjectPublicKeyInfo of the responder's own key. */
  readonly publicKey: Uint8Array;
  readonly now: UnixTime;
  /** Seconds. Nobody checks the status of a responder's certificate (nocheck), so it is short. */
  readonly maxLifetime: number;
}

/** Whether a certificate that came with an answer may vouch for it: of the issuer, for this purpose, short, and of now. */
export function isAnswerSigner(certificate: Certificate, issuer: Certificate, now: UnixTime): boolean {
  const { subjectPublicKeyInfo: publicKey } = certificate;
  return checkSigner(certificate, { issuer, publicKey, now, maxLifetime: longestLife }).length === 0;
}

/** Seconds; nobody hears that a responder's key was lost (nocheck), so a longer life is believed by nobody. */
const longestLife = 7 * 86_400;

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
