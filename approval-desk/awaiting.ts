import { createHash } from 'node:crypto';
import { type DocumentKind, signersOf, verifyAssertion } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { officerOf, type SignedExpiry } from './approving.ts';
import { type DeskGround, relyingPartyOf, rollOf } from './ground.ts';
import type { Words } from './words/words.ts';

export interface AwaitingRow {
  readonly href: string;
  readonly kind: string;
  readonly subject: string;
  readonly age: string;
  readonly signatures: string;
}

/** What officers sign; an LRA comes from the portal with the link of its own. */
const officersKinds = (Object.keys(signersOf) as DocumentKind[]).filter(kind => signersOf[kind] === 'officer');

/** How long the answer of a passkey opens the list, in seconds. */
export const listLifetime = 300;

/**
 * The documents that lack signatures, for an officer: their links lead to personal data. What the passkey signs,
 * SHA-256("kakuin/desk/v1" ‖ CA id ‖ expiry as 8 octets), is no document's challenge, so it approves nothing.
 * Throws approverUnknown, assertionExpired, assertionInvalid.
 */
export async function listAwaiting(
  ground: DeskGround,
  signed: SignedExpiry,
  words: Words,
): Promise<readonly AwaitingRow[]> {
  await checkOfficer(ground, signed);
  const awaiting = await ground.store.documents.awaiting(officersKinds);
  return awaiting.map(({ digest, kind, subjectId, createdAt, signatures, needed }) => ({
    href: `/documents/${digest}`,
    kind: words.documentKinds[kind],
    subject: words.subjects[kind](subjectId),
    age: words.ago(ground.clock.now() - createdAt),
    signatures: `${signatures}/${needed}`,
  }));
}

async function checkOfficer(ground: DeskGround, { expiry, assertion }: SignedExpiry): Promise<void> {
  const now = ground.clock.now();
  if (!Number.isSafeInteger(expiry) || expiry > now + listLifetime)
    throw new PkiError('assertionInvalid', { reason: 'expiry' });
  if (expiry < now) throw new PkiError('assertionExpired', { expiry });
  const officer = officerOf(await rollOf(ground), assertion);
  const credential = officer.credentials.find(({ id, use }) => use === 'approve' && id === assertion.credentialId);
  if (credential === undefined) throw new PkiError('approverUnknown');
  const challenge = listChallenge(ground.ca, expiry);
  verifyAssertion({ assertion, publicKey: credential.publicKey, challenge, relyingParty: relyingPartyOf(ground) });
}

function listChallenge(ca: string, expiry: number): Uint8Array {
  const expiryOctets = Buffer.alloc(8);
  expiryOctets.writeBigUInt64BE(BigInt(expiry));
  return createHash('sha256').update('kakuin/desk/v1').update(Buffer.from(ca, 'hex')).update(expiryOctets).digest();
}
