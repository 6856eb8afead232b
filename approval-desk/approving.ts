import {
  type Approval,
  type ApprovalProgress,
  approverOf,
  type Assertion,
  checkApproval,
  checkApprover,
  checkAttestation,
  checkAuthenticators,
  type DocumentKind,
  type ListDocument,
  type Member,
  readAssertion,
  type RollDocument,
  type SignableDocument,
} from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { type DeskGround, documentOf, listedOf, relyingPartyOf, rollOf } from './ground.ts';
import { serialsOf } from './mass-reading.ts';
import { checkSigner, isMany, readRows } from './many-rows.ts';

/** What the browser sends: an assertion, and the expiry (Unix seconds) that its challenge holds. */
export interface SignedExpiry {
  readonly expiry: number;
  readonly assertion: Assertion;
}

/** Throws fieldInvalid, assertionInvalid {reason: 'encoding'}. */
export function readSignedExpiry(body: unknown): SignedExpiry {
  const { expiry, assertion } = (body ?? {}) as Record<string, unknown>;
  if (typeof expiry !== 'number') throw new PkiError('fieldInvalid', { field: 'expiry' });
  return { expiry, assertion: readAssertion(assertion) };
}

/**
 * Records an officer's signature over a document, or an LRA's over an attestation, once all that the CA core will ask of it holds. Throws
 * documentUnknown, documentVoided, listInvalid, digestMismatch, approverUnknown, approverIsApplicant, approverTwice, authenticatorsMissing, assertionExpired, assertionInvalid.
 */
export async function approve(ground: DeskGround, digest: string, signed: SignedExpiry): Promise<ApprovalProgress> {
  const { store, clock } = ground;
  const { document } = await documentOf(ground, digest);
  const roll = await rollOf(ground);
  const approver = signerIn(roll, signed.assertion, document.kind);
  const approval = { memberId: approver.id, ...signed };
  const now = clock.now();
  const judgement = { digest, kind: document.kind, ca: document.ca, roll, relyingParty: relyingPartyOf(ground), now };
  checkApproval({ approval, ...judgement });
  checkApprover(document, approver);
  checkAuthenticators(approver, ground.authenticators);
  await checkRows(ground, { document, digest, roll, approver });
  const holds = (before: Approval): boolean => doesHold(() => checkApproval({ approval: before, ...judgement }));
  return store.approvals.record({ digest, ...approval, at: now, holds });
}

interface RowsToSign {
  readonly document: SignableDocument;
  readonly digest: string;
  readonly roll: RollDocument;
  readonly approver: Member;
}

/** Of a document about many cases: that they are the ones meant, attested where they are to be, and the signer's to sign. */
async function checkRows(ground: DeskGround, { document, digest, roll, approver }: RowsToSign): Promise<void> {
  if (isMany(document)) {
    checkSigner(await readRows(ground.store, document, digest), approver);
    if (document.kind === 'list') await checkAttested(ground, document, { roll, approver });
  } else if (document.kind === 'massRevocation') {
    await serialsOf(ground, document);
  } else if (document.kind === 'list') {
    for (const { stored } of await listedOf(ground, document, digest)) checkApprover(stored.document, approver);
  }
}

/** Officers sign what an LRA attested only once the CA core would take the attestation. */
async function checkAttested(
  ground: DeskGround,
  list: ListDocument,
  { roll, approver }: Pick<RowsToSign, 'roll' | 'approver'>,
): Promise<void> {
  const digest = list.attestation ?? '';
  const { text } = await documentOf(ground, digest);
  const [approval] = await ground.store.approvals.of(digest);
  checkAttestation({
    list,
    attestation: approval === undefined ? null : { text, approval },
    approvers: [approver],
    sample: ground.sample,
    ca: list.ca,
    roll,
    relyingParty: relyingPartyOf(ground),
    authenticators: ground.authenticators,
    now: ground.clock.now(),
  });
}

/** An approval that expired, or that no authenticator of the roll gave, does not count as a signature. */
function doesHold(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}

/** The officer whose approval passkey answered. Throws approverUnknown. */
export function officerOf(roll: RollDocument, assertion: Assertion): Member {
  return signerIn(roll, assertion, 'case');
}

/** Who may sign such a document and whose approval passkey answered. Throws approverUnknown. */
function signerIn(roll: RollDocument, { credentialId }: Assertion, kind: DocumentKind): Member {
  const signer = approverOf(roll, credentialId, kind);
  if (signer === undefined) throw new PkiError('approverUnknown');
  return signer;
}
