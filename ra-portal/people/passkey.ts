/** Signing in with a passkey, user verified: officers with those of the roll, everybody else with their own. */
import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, verifyAssertion, type Assertion } from '../../ca-core/index.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { beginSession, keepChallenge, takeChallenge, type SessionKind } from '../store/sessions.ts';
import { findPasskey } from '../store/sign-in-means.ts';
import { officersOf, openAccount } from './accounts.ts';

/** A passkey is asked for and answers within this many seconds. */
const challengeLifetime = 300;

/** Everybody gets the same: the authenticator itself knows whose passkey it holds. */
export interface SignInOptions {
  /** base64url. */
  readonly challenge: string;
  readonly rpId: string;
}

export async function signInOptions({ database, clock, settings }: PortalParts): Promise<SignInOptions> {
  const challenge = randomBytes(32).toString('base64url');
  await keepChallenge(database, challenge, clock.now() + challengeLifetime);
  return { challenge, rpId: new URL(settings.url).hostname };
}

const base64url = z
  .string()
  .max(8192)
  .regex(/^[A-Za-z0-9_-]+$/);
const signInBody = z.object({
  assertion: z.object({
    credentialId: base64url,
    clientDataJson: base64url,
    authenticatorData: base64url,
    signature: base64url,
  }),
});

/** Returns the session's token. Every way in which it can fail is signInRefused, and says no more. */
export async function signIn(parts: PortalParts, body: unknown): Promise<string> {
  const { database, clock, settings } = parts;
  const at = clock.now();
  const { assertion } = readBy(signInBody, body, 'signInRefused');
  const challenge = challengeIn(assertion);
  if (!(await takeChallenge(database, challenge, at))) throw new PkiError('signInRefused');
  const owner = await ownerOf(parts, assertion.credentialId);
  if (owner === null) throw new PkiError('signInRefused');
  const relyingParty = { rpId: new URL(settings.url).hostname, origin: settings.url };
  try {
    const { publicKey } = owner;
    verifyAssertion({ assertion, publicKey, challenge: Buffer.from(challenge, 'base64url'), relyingParty });
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('signInRefused');
    throw error;
  }
  const { kind, subject } = owner;
  return inOneStep(database, async trx => {
    const action = `${kind}.signedIn`;
    const details = { means: 'passkey' };
    await noteEvent(trx, { at, service: 'ra-portal', action, actor: subject, subject, details });
    return beginSession(trx, { kind, subject, means: 'passkey', at });
  });
}

interface Owner {
  readonly kind: SessionKind;
  readonly subject: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
}

async function ownerOf(parts: PortalParts, credentialId: string): Promise<Owner | null> {
  for (const officer of await officersOf(parts.ca)) {
    const found = officer.credentials.find(({ use, id }) => use === 'signIn' && id === credentialId);
    if (found !== undefined) return { kind: 'officer', subject: officer.id, publicKey: found.publicKey };
  }
  const passkey = await findPasskey(parts.database, credentialId);
  if (passkey === null || (await openAccount(parts, passkey.personId)) === null) return null;
  return { kind: 'person', subject: passkey.personId, publicKey: passkey.publicKey };
}

function challengeIn({ clientDataJson }: Assertion): string {
  try {
    const read: unknown = JSON.parse(Buffer.from(clientDataJson, 'base64url').toString('utf8'));
    const challenge = (read as { challenge?: unknown }).challenge;
    if (typeof challenge === 'string' && challenge.length <= 64) return challenge;
  } catch {
    // Refused below like every other wrong form.
  }
  throw new PkiError('signInRefused');
}
