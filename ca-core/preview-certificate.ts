/** What lint will say of a certificate, before anybody approves it: the same octets but for serial number, key and end. */
import type { SubjectKey } from './approvals/documents.ts';
import type { UnixTime } from './clock.ts';
import type { Violation } from './errors.ts';
import { signatureAlgorithmOf, signingKeyAlgorithmOf } from './keys/key-store.ts';
import { generateSubjectKey } from './keys/subject-key.ts';
import { certificateExtensions } from './profiles/extensions-of.ts';
import { lintTbsCertificate } from './profiles/lint.ts';
import type { CertificateProfile } from './profiles/profile.ts';
import type { SubjectNames } from './profiles/subject.ts';
import { readCertificate } from './x509/certificate.ts';
import { fromHex, type Der } from './x509/der.ts';
import { readSubjectKeyIdentifier } from './x509/extension-values.ts';
import { oids } from './x509/oids.ts';
import type { KeyAlgorithm } from './x509/public-key.ts';
import { encodeTbsCertificate } from './x509/tbs-certificate.ts';

export interface CertificatePreviewInput {
  readonly profile: CertificateProfile;
  readonly names: SubjectNames;
  readonly subjectKey: SubjectKey;
  /** DER of the issuing CA's certificate. */
  readonly issuer: Uint8Array;
  /** Origin under which CRLs, CA certificates and OCSP stand: lint looks at the form of these addresses only. */
  readonly publicationUrl: string;
  readonly now: UnixTime;
}

/** Every broken rule (docs/lint.md); empty when it could be signed now. A key that the CA core will make is stood in for. */
export async function previewCertificate(input: CertificatePreviewInput): Promise<readonly Violation[]> {
  const { profile, names, subjectKey, issuer, publicationUrl, now } = input;
  const { subject, subjectPublicKeyInfo, extensions, notAfter } = readCertificate(issuer);
  const identifier = extensions.get(oids.subjectKeyIdentifier);
  const keyIdentifier = identifier === undefined ? new Uint8Array(20) : readSubjectKeyIdentifier(identifier.value);
  const key =
    subjectKey.from === 'csr' ? fromHex(subjectKey.subjectPublicKeyInfo) : await standInFor(subjectKey.algorithm);
  const urls = {
    ocsp: `${publicationUrl}/ocsp`,
    caIssuers: `${publicationUrl}/ca/issuing.cer`,
    crl: `${publicationUrl}/crl/issuing/0.crl`,
  };
  const tbs = encodeTbsCertificate({
    serialNumber: '5a'.repeat(18),
    signatureAlgorithm: signatureAlgorithmOf(signingKeyAlgorithmOf(subjectPublicKeyInfo)),
    issuer: subject,
    subject: names.subject,
    notBefore: now,
    notAfter: Math.min(now + profile.validityDays * 86_400 - 1, notAfter),
    subjectPublicKeyInfo: key,
    extensions: certificateExtensions(profile, {
      subjectPublicKeyInfo: key,
      issuerKeyIdentifier: keyIdentifier,
      subjectAltName: names.subjectAltName,
      urls,
    }),
  });
  return lintTbsCertificate(tbs, profile, { issuer: { subject, keyIdentifier }, now });
}

const standIns = new Map<KeyAlgorithm, Promise<Der>>();

/** A public key of that kind, made once; its private half is wiped at once and was never good for anything. */
function standInFor(algorithm: KeyAlgorithm): Promise<Der> {
  const known = standIns.get(algorithm);
  if (known !== undefined) return known;
  const made = generateSubjectKey(algorithm).then(({ subjectPublicKeyInfo, pkcs8 }) => {
    pkcs8.fill(0);
    return subjectPublicKeyInfo;
  });
  standIns.set(algorithm, made);
  return made;
}
