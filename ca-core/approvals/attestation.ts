/**
 * An LRA's word for many cases at once: one signature over the root of a list, by a key on the roll, for one organisation
 * of the LRA's. It replaces nothing but the look at each person; the officers sign the list all the same.
 */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { readBy, z } from '../schema.ts';
import { checkApprovals, foldMailbox, readApproval, type Approval, type ApprovalGround } from './approval.ts';
import type { Assertion } from './assertion.ts';
import type { CaseDocument, Member } from './documents.ts';
import type { AttestationDocument, ListDocument } from './list-documents.ts';

/** What an order carries of it: the document's text, and who signed. */
export interface Attestation {
  readonly text: string;
  readonly approval: Approval;
}

/** How many rows officers look at: one in so many, within bounds (policies/identity.yaml). */
export interface SampleSize {
  readonly oneIn: number;
  readonly least: number;
  readonly most: number;
}

const attestationRow = z.strictObject({ text: z.string().max(2000), approval: z.unknown() });

/** Reads an attestation out of a row. Throws documentMalformed, assertionInvalid {reason: 'encoding'}. */
export function readAttestation(value: unknown): Attestation {
  const { text, approval } = readBy(attestationRow, value, 'documentMalformed');
  return { text, approval: readApproval(approval) };
}

export interface AttestationCheck extends ApprovalGround {
  readonly list: ListDocument;
  readonly attestation: Attestation | null;
  /** The officers who signed the list. */
  readonly approvers: readonly Member[];
  readonly sample: SampleSize;
}

export interface Attester {
  readonly attester: Member;
  readonly organisation: string;
}

/**
 * The LRA behind a list, and for which organisation; null for a list that names no attestation. Throws
 * attestationMissing, attestationInvalid {what} where it is not the one that the list names or not about the same rows,
 * organisationForeign, approverIsEditor where an officer of the list is the LRA, listInvalid {what: sample}, and what
 * checkApprovals throws.
 */
export function checkAttestation(check: AttestationCheck): Attester | null {
  const { list, attestation, approvers, sample, ...ground } = check;
  if (list.attestation === undefined) {
    if (attestation !== null) throw invalid('list');
    return null;
  }
  if (attestation === null) throw new PkiError('attestationMissing');
  const { text, approval } = attestation;
  const {
    document,
    digest,
    approvers: signers,
  } = checkApprovals({ ...ground, documentText: text, approvals: [approval] });
  const [attester] = signers;
  if (document.kind !== 'attestation' || attester === undefined) throw invalid('kind');
  if (digest !== list.attestation) throw invalid('digest');
  checkSameRows(document, list);
  if (document.attestedAt > ground.now + clockSkew) throw invalid('attestedAt');
  approvers.forEach(officer => checkNotTheLra(officer, attester));
  const drawn = sampleOf({ digest, assertion: approval.assertion, size: list.size }, sample);
  if (drawn.join() !== list.sample?.join()) throw new PkiError('listInvalid', { what: 'sample' });
  return { attester, organisation: document.organisation };
}

/** Seconds that two clocks may differ by. */
const clockSkew = 300;

function checkSameRows(attested: AttestationDocument, list: ListDocument): void {
  if (attested.root !== list.root || attested.size !== list.size) throw invalid('root');
  const { name, hash } = attested.profile;
  if (name !== list.profile.name || hash !== list.profile.hash) throw invalid('profile');
}

/** Two rolls' entries of one person are still one person. */
function checkNotTheLra(officer: Member, lra: Member): void {
  const keys = new Set(lra.credentials.map(({ publicKey }) => publicKey));
  const isOne =
    officer.id === lra.id ||
    foldMailbox(officer.mailbox) === foldMailbox(lra.mailbox) ||
    officer.credentials.some(({ publicKey }) => keys.has(publicKey));
  if (isOne) throw new PkiError('approverIsEditor', { member: officer.id });
}

/**
 * Whether an LRA's word holds for this row. Throws organisationForeign {organisation}, attestationInvalid {what: editors}
 * where the case does not name the LRA among those who may not approve it, approverIsApplicant where it is the LRA's own.
 */
export function checkAttested(document: CaseDocument, { attester, organisation }: Attester): void {
  const { claim, editors = [] } = document;
  if (claim.corporateNumber !== organisation) {
    throw new PkiError('organisationForeign', { organisation: claim.corporateNumber });
  }
  if (!editors.includes(attester.id)) throw invalid('editors');
  if (foldMailbox(claim.mailbox) === foldMailbox(attester.mailbox)) {
    throw new PkiError('approverIsApplicant', { member: attester.id });
  }
}

/** Throws attestationMissing where a case rests on what an LRA saw, also one who is on the roll no more, and no LRA attested it. */
export function refuseUnattested({ evidence }: CaseDocument, lras: ReadonlySet<string>): void {
  if (evidence.some(({ seenBy }) => lras.has(seenBy))) throw new PkiError('attestationMissing');
}

export interface SampleGround {
  /** Digest of the attestation document. */
  readonly digest: string;
  /** The LRA's, over that document. */
  readonly assertion: Assertion;
  /** How many rows there are. */
  readonly size: number;
}

/**
 * The rows that officers look at, in ascending order. They follow from the LRA's signature, which nobody knows before it
 * is made: whoever composed the rows could not choose which of them would be seen.
 */
export function sampleOf({ digest, assertion, size }: SampleGround, { oneIn, least, most }: SampleSize): number[] {
  const count = Math.min(size, Math.max(least, Math.min(most, Math.ceil(size / oneIn))));
  const seed = createHash('sha256')
    .update('kakuin/list-sample/v1')
    .update(Buffer.from(digest, 'hex'))
    .update(Buffer.from(assertion.signature, 'base64url'))
    .digest();
  const drawn = new Set<number>();
  const fair = 2 ** 32 - (2 ** 32 % size);
  for (let turn = 0; drawn.size < count; turn++) {
    const block = createHash('sha256').update(seed).update(String(turn)).digest();
    for (let at = 0; at < block.length && drawn.size < count; at += 4) {
      const word = block.readUInt32BE(at);
      if (word < fair) drawn.add(word % size);
    }
  }
  return [...drawn].sort((one, other) => one - other);
}

const invalid = (what: string): PkiError => new PkiError('attestationInvalid', { what });
