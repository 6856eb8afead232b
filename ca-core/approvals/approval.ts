/** Whether officers of the roll approved a document: who, with which authenticator, and until when it counts. */
import { isDeepStrictEqual } from 'node:util';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { type Assertion, readAssertion, refused, type RelyingParty, verifyAssertion } from './assertion.ts';
import { checkAuthenticators } from './authenticators.ts';
import { approvalChallenge, approvalLifetime } from './challenge.ts';
import {
  decodeDocument,
  digestOf,
  type DocumentKind,
  type Member,
  type RollDocument,
  type SignableDocument,
  signaturesNeeded,
  signersOf,
} from './documents.ts';

/** One officer's signature over a document's digest, as it stands in a row. */
export interface Approval {
  readonly memberId: string;
  /** Unix seconds after which it counts no more; part of what was signed. */
  readonly expiry: UnixTime;
  readonly assertion: Assertion;
}

/** What an approval is judged by, all of it from the judge's own side. */
export interface ApprovalGround {
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  readonly roll: RollDocument;
  readonly relyingParty: RelyingParty;
  readonly now: UnixTime;
  /** How many authenticators an officer needs to approve anything (authenticators.ts). */
  readonly authenticators: number;
}

export interface ApprovalCheck extends Omit<ApprovalGround, 'authenticators'> {
  readonly approval: Approval;
  /** Digest and kind of the document that was signed. */
  readonly digest: string;
  readonly kind: DocumentKind;
}

/**
 * Who gave this approval. Throws approverUnknown (not of this roll, not in the role that signs such documents, or not one
 * of the member's approval credentials), assertionExpired, or assertionInvalid {reason}.
 */
export function checkApproval({ approval, digest, kind, ca, roll, relyingParty, now }: ApprovalCheck): Member {
  const { memberId, expiry, assertion } = approval;
  checkExpiry(expiry, now);
  const member = roll.members.find(({ id }) => id === memberId);
  if (member === undefined) throw new PkiError('approverUnknown', { member: memberId });
  const publicKey = approvalKey(member, assertion.credentialId, kind);
  const challenge = approvalChallenge({ kind, ca, digest, expiry });
  verifyAssertion({ assertion, publicKey, challenge, relyingParty });
  return member;
}

export interface ApprovalsCheck extends ApprovalGround {
  /** Canonical text of the document: kind and digest are taken from it and nowhere else. */
  readonly documentText: string;
  readonly approvals: readonly Approval[];
}

export interface ApprovedDocument {
  readonly document: SignableDocument;
  readonly digest: string;
  readonly approvers: readonly Member[];
}

/**
 * The document, once enough different officers approved these very bytes. Throws what checkApproval throws, and
 * documentMalformed, approvalsMissing {given, needed}, approverTwice, authenticatorsMissing and what checkApprover throws.
 */
export function checkApprovals({ documentText, approvals, ...ground }: ApprovalsCheck): ApprovedDocument {
  const document = decodeDocument(documentText);
  if (document.ca !== ground.ca) throw new PkiError('documentMalformed', { mistakes: ['for another CA'] });
  const digest = digestOf(documentText);
  const approvers = approvals.map(approval => checkApproval({ approval, digest, kind: document.kind, ...ground }));
  for (const approver of approvers) {
    checkApprover(document, approver);
    checkAuthenticators(approver, ground.authenticators);
  }
  checkAllDifferent(approvals, approvers);
  const needed = signaturesNeeded[document.kind];
  if (approvers.length < needed) throw new PkiError('approvalsMissing', { given: approvers.length, needed });
  return { document, digest, approvers };
}

/**
 * Throws approverIsApplicant when the certificate is for the approver's own mailbox or the roll gives the approver other
 * authenticators or another name (recovery takes two others), approverIsEditor when the approver typed or changed what
 * is claimed, organisationForeign when an LRA attests for an organisation that is not its own.
 */
export function checkApprover(document: SignableDocument, approver: Member): void {
  if (document.kind === 'roll') {
    const next = document.members.find(({ id }) => id === approver.id);
    if (next === undefined || isDeepStrictEqual(next, approver)) return;
    throw new PkiError('approverIsApplicant', { member: approver.id });
  }
  if (document.kind === 'attestation') {
    const { organisation } = document;
    if (approver.organisations?.includes(organisation) !== true)
      throw new PkiError('organisationForeign', { organisation });
    return;
  }
  if (document.kind !== 'case') return;
  const { claim, editors = [] } = document;
  const own = foldMailbox(approver.mailbox);
  if (foldMailbox(claim.mailbox) === own) throw new PkiError('approverIsApplicant', { member: approver.id });
  const isEditor = editors.some(editor => editor === approver.id || foldMailbox(editor) === own);
  if (isEditor) throw new PkiError('approverIsEditor', { member: approver.id });
}

/** Who on the roll may sign such a document with this approval credential; sign-in credentials are nobody's here. */
export function approverOf(roll: RollDocument, credentialId: string, kind: DocumentKind = 'case'): Member | undefined {
  return roll.members.find(
    ({ role, credentials }) =>
      role === signersOf[kind] && credentials.some(({ id, use }) => use === 'approve' && id === credentialId),
  );
}

/** Two spellings of one mailbox fold to one: trimmed, NFKC, lower case. */
export function foldMailbox(mailbox: string): string {
  return mailbox.trim().normalize('NFKC').toLowerCase();
}

/** Reads one approval out of JSON. Throws assertionInvalid {reason: 'encoding'}. */
export function readApproval(value: unknown): Approval {
  if (typeof value !== 'object' || value === null) throw refused('encoding');
  const { memberId, expiry, assertion } = value as Record<string, unknown>;
  if (typeof memberId !== 'string' || typeof expiry !== 'number') throw refused('encoding');
  return { memberId, expiry, assertion: readAssertion(assertion) };
}

function checkExpiry(expiry: UnixTime, now: UnixTime): void {
  if (!Number.isSafeInteger(expiry) || expiry < 0 || expiry > now + approvalLifetime) throw refused('expiry');
  if (now > expiry) throw new PkiError('assertionExpired', { expiry });
}

function approvalKey(member: Member, credentialId: string, kind: DocumentKind): string {
  const credential = member.credentials.find(({ id, use }) => use === 'approve' && id === credentialId);
  if (member.role !== signersOf[kind] || credential === undefined)
    throw new PkiError('approverUnknown', { member: member.id });
  return credential.publicKey;
}

/** Different people and different authenticators: one key entered under two names is still one signature. */
function checkAllDifferent(approvals: readonly Approval[], approvers: readonly Member[]): void {
  const members = new Set(approvers.map(({ id }) => id));
  const keys = new Set(approvals.map(({ assertion }, i) => approverKey(approvers[i], assertion.credentialId)));
  if (members.size === approvers.length && keys.size === approvers.length) return;
  throw new PkiError('approverTwice', { members: [...members] });
}

function approverKey(approver: Member | undefined, credentialId: string): string | undefined {
  return approver?.credentials.find(({ id, use }) => use === 'approve' && id === credentialId)?.publicKey;
}
