/** From a checked order to the octets that will be signed, linted as they are (design §3, steps 3–5). */
import type { Ca } from './ca.ts';
import { refuseAny, type CheckedOrder } from './check-order.ts';
import { PkiError } from './errors.ts';
import { wrapKey } from './containers.ts';
import { sealTo } from './delivery/seal.ts';
import { deltaUrl, shardFor } from './crl-lists.ts';
import { drawSerialNumber } from './draw-serial-number.ts';
import { certificateExtensions } from './profiles/extensions-of.ts';
import { readLinted } from './profiles/lint.ts';
import { keyReadFrom } from './profiles/lint/second-reading.ts';
import type { CertificateProfile } from './profiles/profile.ts';
import type { SealedDelivery } from './store/containers.ts';
import type { Intention } from './store/orders.ts';
import type { TbsCertificateFields } from './x509/certificate.ts';
import { verifyPossession } from './x509/certification-request.ts';
import type { Der } from './x509/der.ts';
import { encodeTbsCertificate } from './x509/tbs-certificate.ts';

export interface MadeIntention {
  readonly checked: CheckedOrder;
  readonly intention: Intention;
  readonly delivery: SealedDelivery | null;
  /** As they were read in the octets that will be signed. */
  readonly fields: TbsCertificateFields;
}

/** Makes or takes the subject's key, encodes, lints, verifies who holds it. Throws lintFailed, keyUnacceptable, csrSignatureInvalid. */
export async function makeIntention(ca: Ca, checked: CheckedOrder): Promise<MadeIntention> {
  const { document, order, profile, request, subject, subjectAltName } = checked;
  const { subjectPublicKeyInfo, delivery } = await subjectKeyOf(ca, checked);
  const serialNumber = drawSerialNumber(ca.home.signerLog);
  const names = { subject, subjectAltName };
  const { tbs, fields } = encodeAndLint(ca, profile, { serialNumber, subjectPublicKeyInfo, ...names });
  // Proof of possession is verified again, with the key as OpenSSL reads it from the very octets that will be signed.
  if (request !== null) verifyPossession(request, () => keyReadFrom(tbs));
  const content = {
    orderId: order.id,
    caseId: document.caseId,
    caseDigest: order.digest,
    issuer: ca.id,
    serialNumber,
    profile: profile.name,
    tbsCertificate: tbs,
  };
  return { checked, intention: { ...content, mac: ca.home.intentionKey.seal(content) }, delivery, fields };
}

export interface CertificateSubject {
  readonly serialNumber: string;
  readonly subject: Der;
  readonly subjectAltName: Der | null;
  readonly subjectPublicKeyInfo: Der;
}

/** The TBSCertificate of a profile under this CA from now on, and what was read in it. Throws lintFailed. */
export function encodeAndLint(
  ca: Ca,
  profile: CertificateProfile,
  about: CertificateSubject,
): { readonly tbs: Der; readonly fields: TbsCertificateFields } {
  const notBefore = ca.clock.now();
  // The end is inclusive (RFC 5280 §4.1.2.5): one second less makes it exactly so many days.
  const notAfter = Math.min(notBefore + profile.validityDays * 86_400 - 1, ca.issuer.certificate.notAfter);
  const shard = shardFor(about.serialNumber, ca.policies.schedule.crl.shards);
  const crl = ca.urls.crl(shard);
  const urls = { ocsp: ca.urls.ocsp, caIssuers: ca.urls.caIssuers, crl, freshestCrl: deltaUrl(crl) };
  const tbs = encodeTbsCertificate({
    serialNumber: about.serialNumber,
    signatureAlgorithm: ca.issuer.key.algorithm,
    issuer: ca.issuer.certificate.subject,
    subject: about.subject,
    notBefore,
    notAfter,
    subjectPublicKeyInfo: about.subjectPublicKeyInfo,
    extensions: certificateExtensions(profile, {
      subjectPublicKeyInfo: about.subjectPublicKeyInfo,
      issuerKeyIdentifier: ca.issuer.keyIdentifier,
      subjectAltName: about.subjectAltName,
      urls,
    }),
  });
  const issuer = { subject: ca.issuer.certificate.subject, keyIdentifier: ca.issuer.keyIdentifier };
  const fields = readLinted(tbs, profile, { issuer, urls, now: notBefore });
  if (!('violations' in fields)) return { tbs, fields };
  refuseAny('lintFailed', fields.violations);
  throw new PkiError('lintFailed');
}

interface SubjectKeyMaterial {
  readonly subjectPublicKeyInfo: Der;
  readonly delivery: SealedDelivery | null;
}

/** A key made here exists in clear only between the next two lines; what stays is sealed to the applicant (design §1). */
async function subjectKeyOf(ca: Ca, { document, order, request }: CheckedOrder): Promise<SubjectKeyMaterial> {
  if (request !== null) return { subjectPublicKeyInfo: request.subjectPublicKeyInfo, delivery: null };
  const { subjectKey, caseId } = document;
  if (subjectKey.from !== 'server') throw new PkiError('csrMalformed');
  const caseDigest = order.digest;
  const pair = await ca.subjectKeys.take(subjectKey.algorithm);
  const { subjectPublicKeyInfo, pkcs8 } = pair;
  const expiresAt = ca.clock.now() + ca.policies.schedule.portal.pickUpLifetime;
  const rest = { caseId, sealedKey: null, wrappedKey: null, expiresAt };
  try {
    if (subjectKey.container !== undefined) {
      const isCompatible = subjectKey.compatibility === true;
      const wrappedKey = await wrapKey(ca, { document, caseDigest, pair, sealTo: subjectKey.sealTo, isCompatible });
      return { subjectPublicKeyInfo, delivery: { ...rest, wrappedKey } };
    }
    const sealedKey = await sealTo({ publicKey: subjectKey.sealTo, caseId, caseDigest, plaintext: pkcs8 });
    return { subjectPublicKeyInfo, delivery: { ...rest, sealedKey } };
  } finally {
    pkcs8.fill(0);
  }
}
