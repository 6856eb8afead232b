import {
  type Approval,
  type ApprovalProgress,
  approverOf,
  type Assertion,
  checkApproval,
  checkApprover,
  checkAuthenticators,
  readAssertion,
  type RollDocument,
} from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { type DeskGround, documentOf, listedOf, relyingPartyOf, rollOf } from './ground.ts';

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
 * Records an officer's signature over a document, once all that the CA core will ask of it holds. Throws
 * documentUnknown, documentVoided, listInvalid, digestMismatch, approverUnknown, approverIsApplicant, approverTwice, authenticatorsMissing, assertionExpired, assertionInvalid.
 */
export async function approve(ground: DeskGround, digest: string, signed: SignedExpiry): Promise<ApprovalProgress> {
  const { store, clock } = ground;
  const { document } = await documentOf(ground, digest);
  const roll = await rollOf(ground);
  const approver = officerOf(roll, signed.assertion);
  const approval = { memberId: approver.id, ...signed };
  const now = clock.now();
  const judgement = { digest, kind: document.kind, ca: document.ca, roll, relyingParty: relyingPartyOf(ground), now };
  checkApproval({ approval, ...judgement });
  checkApprover(document, approver);
  checkAuthenticators(approver, ground.authenticators);
  if (document.kind === 'list') {
    for (const { stored } of await listedOf(ground, document, digest)) checkApprover(stored.document, approver);
  }
  const holds = (before: Approval): boolean => doesHold(() => checkApproval({ approval: before, ...judgement }));
  return store.approvals.record({ digest, ...approval, at: now, holds });
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
export function officerOf(roll: RollDocument, { credentialId }: Assertion): RollDocument['members'][number] {
  const officer = approverOf(roll, credentialId);
  if (officer === undefined) throw new PkiError('approverUnknown');
  return officer;
}
