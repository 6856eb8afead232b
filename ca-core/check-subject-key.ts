/** Whose key an order is for, and whether it may stand in a certificate (design §3, step 3). */
import type { CaseDocument, RollDocument, SubjectKey } from './approvals/documents.ts';
import { checkStationRequest, type StationRequestGround } from './approvals/station-request.ts';
import type { Ca } from './ca.ts';
import { PkiError } from './errors.ts';
import { keyHash } from './home/signer-log.ts';
import { checkCertificationRequest } from './profiles/check-request.ts';
import type { CertificateProfile } from './profiles/profile.ts';
import type { IssuanceOrder } from './store/orders.ts';
import { decodeCertificationRequest, type CertificationRequest } from './x509/certification-request.ts';
import { equalBytes, fromHex, toHex, type Der } from './x509/der.ts';
import { readAuthorityKeyIdentifier } from './x509/extension-values.ts';
import { oids } from './x509/oids.ts';
import { keyIdentifier } from './x509/public-key.ts';

interface OrderOfKey {
  readonly document: CaseDocument;
  readonly order: IssuanceOrder;
}

export interface KeyGround {
  readonly profile: CertificateProfile;
  readonly roll: RollDocument;
}

/**
 * The PKCS#10 where the applicant or a station made the key, its proof of possession still to be verified; null where the
 * CA core is to make it. Throws keyUnacceptable {reason}, keyBlocked, csrMalformed, csrExtensionRefused, digestMismatch and what
 * checkStationRequest throws.
 */
export function checkSubjectKey(
  ca: Ca,
  { document, order }: OrderOfKey,
  { profile, roll }: KeyGround,
): CertificationRequest | null {
  const { subjectKey } = document;
  if ((subjectKey.from === 'station') !== (order.stationRequest !== null)) {
    throw new PkiError('digestMismatch', { what: 'stationRequest' });
  }
  if (subjectKey.from === 'server') {
    if (!profile.keys.includes(subjectKey.algorithm)) {
      throw new PkiError('keyUnacceptable', { reason: `${subjectKey.algorithm} is not in the profile` });
    }
    checkContainer(subjectKey, profile);
    return null;
  }
  if (subjectKey.from === 'station' && !profile.deliveries.includes('token')) {
    throw new PkiError('keyUnacceptable', { reason: 'no token in the profile' });
  }
  const request =
    subjectKey.from === 'csr'
      ? requestInCase(subjectKey)
      : requestOfStation(order, { ca: ca.id, caseDigest: order.digest, subjectKey, roll });
  const ground = { profile, mailbox: document.claim.mailbox, policies: ca.policies };
  const algorithm = checkCertificationRequest(request, ground);
  if (subjectKey.from === 'station' && subjectKey.algorithm !== algorithm) {
    throw new PkiError('keyUnacceptable', { reason: `not the approved ${subjectKey.algorithm}` });
  }
  refuseOwnKey(ca, request.subjectPublicKeyInfo);
  const hash = keyHash(request.subjectPublicKeyInfo);
  if (ca.home.blockedKeys.isBlocked(hash)) throw new PkiError('keyBlocked');
  if (ca.home.statusJournal.isCompromised(hash)) {
    throw new PkiError('keyUnacceptable', { reason: 'revoked for keyCompromise' });
  }
  return request;
}

function requestInCase(subjectKey: SubjectKey & { readonly from: 'csr' }): CertificationRequest {
  const request = decodeCertificationRequest(fromHex(subjectKey.certificationRequest));
  if (toHex(request.subjectPublicKeyInfo) !== subjectKey.subjectPublicKeyInfo) throw new PkiError('csrMalformed');
  return request;
}

/** The key that the approved station made on the approved token. */
function requestOfStation({ stationRequest }: IssuanceOrder, ground: StationRequestGround): CertificationRequest {
  return decodeCertificationRequest(checkStationRequest(stationRequest, ground));
}

/** Throws keyUnacceptable where the profile does not hand keys over in this way. */
function checkContainer(subjectKey: SubjectKey & { readonly from: 'server' }, { bulk }: CertificateProfile): void {
  const { container, compatibility } = subjectKey;
  if (container !== undefined && bulk?.containers.includes(container) !== true) {
    throw new PkiError('keyUnacceptable', { reason: `${container} is not in the profile` });
  }
  if (compatibility === true && bulk?.compatibility !== true) {
    throw new PkiError('keyUnacceptable', { reason: 'the compatibility form is not in the profile' });
  }
}

/** The issuing CA's key is its own; the root's is known by the identifier in the issuing CA's certificate. */
function refuseOwnKey({ issuer }: Ca, subjectPublicKeyInfo: Der): void {
  const identifier = keyIdentifier(subjectPublicKeyInfo);
  const above = issuer.certificate.extensions.get(oids.authorityKeyIdentifier);
  const isRoots = above !== undefined && equalBytes(readAuthorityKeyIdentifier(above.value), identifier);
  if (isRoots || equalBytes(issuer.keyIdentifier, identifier)) {
    throw new PkiError('keyUnacceptable', { reason: "the CA's own key" });
  }
}
