/** Whether an order may become a certificate: everything is judged anew, as if an attacker had written the row (design §1). */
import { checkApprovals } from './approvals/approval.ts';
import type { CaseDocument, RollDocument } from './approvals/documents.ts';
import { checkListed, readListPlace } from './approvals/list.ts';
import type { Ca } from './ca.ts';
import { PkiError, type Violation } from './errors.ts';
import { checkCertificationRequest } from './profiles/check-request.ts';
import { keyHash } from './home/signer-log.ts';
import { checkIdentity } from './profiles/check-identity.ts';
import type { CertificateProfile } from './profiles/profile.ts';
import { subjectOf } from './profiles/subject.ts';
import type { IssuanceOrder } from './store/orders.ts';
import { decodeCertificationRequest, type CertificationRequest } from './x509/certification-request.ts';
import { equalBytes, fromHex, toHex, type Der } from './x509/der.ts';
import { readAuthorityKeyIdentifier } from './x509/extension-values.ts';
import { oids } from './x509/oids.ts';
import { keyIdentifier } from './x509/public-key.ts';

export interface CheckedOrder {
  readonly order: IssuanceOrder;
  readonly document: CaseDocument;
  readonly profile: CertificateProfile;
  /** The Name and GeneralNames that the CA core built itself and found equal to what the officers signed. */
  readonly subject: Der;
  readonly subjectAltName: Der | null;
  readonly approvers: readonly string[];
  /** The PKCS#10 of a key that the applicant made; its proof of possession is not verified yet. */
  readonly request: CertificationRequest | null;
}

/** An order whose document both officers signed, and which was not signed for before. */
export type VerifiedOrder = Pick<CheckedOrder, 'order' | 'document' | 'approvers'>;

/** Throws the PkiError that says why what was approved is not this (design §3, step 2). */
export function verifyOrder(ca: Ca, order: IssuanceOrder, roll: RollDocument): VerifiedOrder {
  const now = ca.clock.now();
  const ground = { ca: ca.id, roll, relyingParty: ca.relyingParty, now };
  const approved = { documentText: order.text, approvals: order.approvals, ...ground };
  const { document, digest, approvers } =
    order.list === null ? checkApprovals(approved) : checkListed({ ...approved, list: readListPlace(order.list) });
  if (digest !== order.digest) throw new PkiError('digestMismatch');
  if (document.kind !== 'case' || document.caseId !== order.caseId) throw new PkiError('documentMalformed');
  const { signerLog } = ca.home;
  if (signerLog.hasDigest(digest) || signerLog.tbsOfCase(document.caseId) !== undefined) {
    throw new PkiError('caseAlreadySigned', { caseId: document.caseId });
  }
  return { order, document, approvers: approvers.map(officer => officer.id) };
}

/** Throws the PkiError that says why what was approved may not be issued (design §3, steps 2 and 3). */
export function checkOrder(ca: Ca, verified: VerifiedOrder): CheckedOrder {
  const { document } = verified;
  const profile = profileOf(ca, document);
  refuseAny('identityInsufficient', checkIdentity(profile, document, ca.policies, ca.clock.now()));
  const request = checkSubjectKey(ca, document, profile);
  return { ...verified, profile, request, ...namesOf(ca, document, profile) };
}

/** Throws `code` with every violation in words for the log. */
export function refuseAny(code: 'identityInsufficient' | 'lintFailed', violations: readonly Violation[]): void {
  if (violations.length === 0) return;
  const found = violations.map(
    ({ rule, field, found: value }) => `${rule} ${field}${value === undefined ? '' : ` (${value})`}`,
  );
  throw new PkiError(code, { violations: found });
}

function profileOf(ca: Ca, document: CaseDocument): CertificateProfile {
  const profile = ca.policies.profiles.get(document.profile.name);
  if (profile?.kind !== 'subscriber') throw new PkiError('profileUnknown', { profile: document.profile.name });
  if (profile.hash !== document.profile.hash) throw new PkiError('digestMismatch', { what: 'profile' });
  if (document.validityDays !== profile.validityDays) throw new PkiError('digestMismatch', { what: 'validity' });
  return profile;
}

/** The CA core builds the names from the register record itself; they must be the very octets that were signed. */
function namesOf(
  ca: Ca,
  document: CaseDocument,
  profile: CertificateProfile,
): Pick<CheckedOrder, 'subject' | 'subjectAltName'> {
  const built = subjectOf(profile, document, ca.policies);
  if (!('subject' in built)) {
    refuseAny('identityInsufficient', built);
    throw new PkiError('digestMismatch', { what: 'subject' });
  }
  const { subject, subjectAltName } = built;
  const same = toHex(subject) === document.subject;
  const sameAlternative = (subjectAltName === null ? null : toHex(subjectAltName)) === document.subjectAltName;
  if (!same || !sameAlternative) throw new PkiError('digestMismatch', { what: 'subject' });
  return { subject, subjectAltName };
}

function checkSubjectKey(ca: Ca, document: CaseDocument, profile: CertificateProfile): CertificationRequest | null {
  const { subjectKey } = document;
  if (subjectKey.from === 'server') {
    if (profile.keys.includes(subjectKey.algorithm)) return null;
    throw new PkiError('keyUnacceptable', { reason: `${subjectKey.algorithm} is not in the profile` });
  }
  const request = decodeCertificationRequest(fromHex(subjectKey.certificationRequest));
  if (toHex(request.subjectPublicKeyInfo) !== subjectKey.subjectPublicKeyInfo) throw new PkiError('csrMalformed');
  checkCertificationRequest(request, { profile, mailbox: document.claim.mailbox, policies: ca.policies });
  refuseOwnKey(ca, request.subjectPublicKeyInfo);
  if (ca.home.statusJournal.isCompromised(keyHash(request.subjectPublicKeyInfo))) {
    throw new PkiError('keyUnacceptable', { reason: 'revoked for keyCompromise' });
  }
  return request;
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
