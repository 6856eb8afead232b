/** Whether an order may become a certificate: everything is judged anew, as if an attacker had written the row (design §1). */
import { checkApprovals } from './approvals/approval.ts';
import { readAttestation, refuseUnattested } from './approvals/attestation.ts';
import { digestOf, type CaseDocument, type RollDocument } from './approvals/documents.ts';
import { checkList, checkListedCase, readListPlace, type ListPlace, type SignedList } from './approvals/list.ts';
import { groundOf, type Ca } from './ca.ts';
import { checkSubjectKey } from './check-subject-key.ts';
import { PkiError, type Violation } from './errors.ts';
import { everLras } from './follow-roll.ts';
import { checkIdentity } from './profiles/check-identity.ts';
import type { CertificateProfile } from './profiles/profile.ts';
import { subjectOf } from './profiles/subject.ts';
import type { IssuanceOrder } from './store/orders.ts';
import type { CertificationRequest } from './x509/certification-request.ts';
import { toHex, type Der } from './x509/der.ts';

export interface CheckedOrder {
  readonly order: IssuanceOrder;
  readonly document: CaseDocument;
  readonly profile: CertificateProfile;
  /** The Name and GeneralNames that the CA core built itself and found equal to what the officers signed. */
  readonly subject: Der;
  readonly subjectAltName: Der | null;
  readonly approvers: readonly string[];
  /** The LRA who attested the list that the case is in; null where it is in none. */
  readonly attestedBy: string | null;
  /** The PKCS#10 of a key that the applicant made; its proof of possession is not verified yet. */
  readonly request: CertificationRequest | null;
}

/** An order whose document both officers signed, and which was not signed for before. */
export type VerifiedOrder = Pick<CheckedOrder, 'order' | 'document' | 'approvers' | 'attestedBy'>;

/** What many orders of one batch are verified by. */
export interface VerifyingGround {
  readonly roll: RollDocument;
  /** Digests of lists and cases that count no more. */
  readonly voided: ReadonlySet<string>;
  /** Lists that were found to hold a moment ago, by all that was looked at; begin each batch with an empty one. */
  readonly lists: Map<string, SignedList>;
}

/** Throws the PkiError that says why what was approved is not this (design §3, step 2). */
export function verifyOrder(ca: Ca, order: IssuanceOrder, ground: VerifyingGround): VerifiedOrder {
  if (ground.voided.has(order.digest)) throw new PkiError('documentVoided');
  const { document, digest, approvers, attester } =
    order.list === null ? verifySingle(ca, order, ground) : verifyListed(ca, order, ground);
  if (digest !== order.digest) throw new PkiError('digestMismatch');
  if (document.kind !== 'case' || document.caseId !== order.caseId) throw new PkiError('documentMalformed');
  const { signerLog } = ca.home;
  if (signerLog.hasDigest(digest) || signerLog.tbsOfCase(document.caseId) !== undefined) {
    throw new PkiError('caseAlreadySigned', { caseId: document.caseId });
  }
  return { order, document, approvers: approvers.map(officer => officer.id), attestedBy: attester?.id ?? null };
}

function verifySingle(ca: Ca, { text, approvals, attestation }: IssuanceOrder, { roll }: VerifyingGround) {
  if (attestation !== null) throw new PkiError('attestationInvalid', { what: 'list' });
  return { ...checkApprovals({ documentText: text, approvals, ...approvalGround(ca, roll) }), attester: null };
}

function verifyListed(ca: Ca, order: IssuanceOrder, { roll, voided, lists }: VerifyingGround) {
  const { text, position, path } = readListPlace(order.list);
  if (voided.has(digestOf(text))) throw new PkiError('documentVoided');
  return checkListedCase(
    order.text,
    { position, path },
    signedList(ca, { order, list: { text, position, path }, roll, lists }),
  );
}

interface ListToVerify {
  readonly order: IssuanceOrder;
  readonly list: ListPlace;
  readonly roll: RollDocument;
  readonly lists: Map<string, SignedList>;
}

/** The same text, signatures and attestation are judged once: rows differ in nothing but their place. */
function signedList(ca: Ca, { order, list, roll, lists }: ListToVerify): SignedList {
  const { approvals, attestation } = order;
  const key = JSON.stringify([ca.id, list.text, approvals, attestation]);
  const known = lists.get(key);
  if (known !== undefined) return known;
  const read = attestation === null ? null : readAttestation(attestation);
  const { sample } = ca.policies.identity;
  const signed = checkList({ list, approvals, attestation: read, sample, ...approvalGround(ca, roll) });
  lists.set(key, signed);
  return signed;
}

function approvalGround(ca: Ca, roll: RollDocument) {
  return { ca: ca.id, roll, ...groundOf(ca) };
}

/** Throws the PkiError that says why what was approved may not be issued (design §3, steps 2 and 3). */
export function checkOrder(ca: Ca, verified: VerifiedOrder, roll: RollDocument): CheckedOrder {
  const { document, attestedBy } = verified;
  const profile = profileOf(ca, document);
  if (attestedBy === null) refuseUnattestedRow(document, everLras(ca.home.anchors, roll));
  else checkAttestedRow(document, { profile, roll, attestedBy });
  const identity = attestedBy === null ? document : { ...document, attestedBy };
  refuseAny('identityInsufficient', checkIdentity(profile, identity, ca.policies, ca.clock.now()));
  const request = checkSubjectKey(ca, verified, { profile, roll });
  return { ...verified, profile, request, ...namesOf(ca, document, profile) };
}

/** What only an attested list may hold: an LRA's word, and keys that leave with somebody else's help. */
function refuseUnattestedRow(document: CaseDocument, lras: ReadonlySet<string>): void {
  refuseUnattested(document, lras);
  const { subjectKey } = document;
  if (subjectKey.from === 'server' && subjectKey.container !== undefined) {
    throw new PkiError('keyUnacceptable', { reason: `${subjectKey.container} is for attested lists` });
  }
}

interface AttestedRow {
  readonly profile: CertificateProfile;
  readonly roll: RollDocument;
  readonly attestedBy: string;
}

/**
 * What nobody looks at row by row holds nothing that somebody would have had to look at: no spelling confirmed by hand,
 * nobody's evidence but the LRA's, the platform's and that of officers who are on the roll.
 */
function checkAttestedRow(document: CaseDocument, { profile, roll, attestedBy }: AttestedRow): void {
  const refuse = (what: string): never => {
    throw new PkiError('attestationInvalid', { what });
  };
  if (profile.bulk === undefined) refuse('profile');
  if (document.confirmedVariations.length > 0) refuse('confirmedVariations');
  const officers = roll.members.filter(({ role }) => role === 'officer').map(({ id }) => id);
  const known = new Set([attestedBy, 'mailbox-proof', ...officers]);
  if (document.evidence.some(({ seenBy }) => !known.has(seenBy))) refuse('seenBy');
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
