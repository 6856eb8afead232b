import type { UnixTime } from '../clock.ts';
import { refuseAny } from '../check-order.ts';
import { drawSerialNumber } from '../draw-serial-number.ts';
import { tbsHash, type SignerLog } from '../home/signer-log.ts';
import { certificateExtensions, type CertificateUrls } from '../profiles/extensions-of.ts';
import { lintTbsCertificate } from '../profiles/lint.ts';
import type { CertificateProfile } from '../profiles/profile.ts';
import { encodeName } from '../x509/name.ts';
import type { Der } from '../x509/der.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import { signed, type SigningKey } from '../x509/signed.ts';
import { encodeTbsCertificate } from '../x509/tbs-certificate.ts';

export interface CaCertificatePlan {
  /** As profileFor gives it: its subject has fixed values only. */
  readonly profile: CertificateProfile;
  readonly subjectPublicKeyInfo: Der;
  /** The issuer's Name, octet for octet. */
  readonly issuer: Der;
  readonly issuerKey: SigningKey;
  /** A certificate does not outlive its issuer's. */
  readonly until?: UnixTime;
  readonly urls: CertificateUrls;
  readonly log: SignerLog;
  readonly now: UnixTime;
}

/** Encodes, lints, writes down, signs. Throws lintFailed, keyUnacceptable. */
export async function certifyCa(plan: CaCertificatePlan): Promise<Der> {
  const { profile, subjectPublicKeyInfo, issuer, issuerKey, urls, log, now } = plan;
  const issuerKeyIdentifier = keyIdentifier(issuerKey.publicKey);
  const serialNumber = drawSerialNumber(log);
  const notAfter = Math.min(now + profile.validityDays * 86_400 - 1, plan.until ?? Number.MAX_SAFE_INTEGER);
  const tbs = encodeTbsCertificate({
    serialNumber,
    signatureAlgorithm: issuerKey.algorithm,
    issuer,
    subject: encodeName(profile.subject.flatMap(part => ('value' in part ? [part] : []))),
    notBefore: now,
    notAfter,
    subjectPublicKeyInfo,
    extensions: certificateExtensions(profile, {
      subjectPublicKeyInfo,
      issuerKeyIdentifier,
      subjectAltName: null,
      urls,
    }),
  });
  const ground = { issuer: { subject: issuer, keyIdentifier: issuerKeyIdentifier }, urls, now };
  refuseAny('lintFailed', lintTbsCertificate(tbs, profile, ground));
  await log.append([{ kind: 'signer', at: now, serialNumber, notAfter, tbs: tbsHash(tbs) }]);
  return signed(tbs, issuerKey);
}
