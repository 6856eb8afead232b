import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, verifyAssertion, type Assertion, type Member, type Store } from '../../ca-core/index.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { beginSession, keepChallenge, noteSessionSeen, openSessionOf, takeChallenge } from '../store/sessions.ts';

/** A passkey is asked for and answers within this many seconds. */
const challengeLifetime = 300;
/** Seconds without a request after which an officer signs in again. */
const idleLifetime = 900;

export interface SignInOptions {
  /** base64url. */
  readonly challenge: string;
  readonly rpId: string;
  readonly allowCredentials: readonly { readonly type: 'public-key'; readonly id: string }[];
}

export async function signInOptions({ database, ca, clock, settings }: PortalParts): Promise<SignInOptions> {
  const challenge = randomBytes(32).toString('base64url');
  await keepChallenge(database, challenge, clock.now() + challengeLifetime);
  const credentials = (await officersOf(ca)).flatMap(({ credentials }) => credentials);
  return {
    challenge,
    rpId: new URL(settings.url).hostname,
    allowCredentials: credentials.filter(({ use }) => use === 'signIn').map(({ id }) => ({ type: 'public-key', id })),
  };
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
export async function signIn({ database, ca, clock, settings }: PortalParts, body: unknown): Promise<string> {
  const at = clock.now();
  const { assertion } = readBy(signInBody, body, 'signInRefused');
  const challenge = challengeIn(assertion);
  if (!(await takeChallenge(database, challenge, at))) throw new PkiError('signInRefused');
  const found = credentialOf(await officersOf(ca), assertion.credentialId);
  if (found === null) throw new PkiError('signInRefused');
  const relyingParty = { rpId: new URL(settings.url).hostname, origin: settings.url };
  try {
    const { publicKey } = found;
    verifyAssertion({ assertion, publicKey, challenge: Buffer.from(challenge, 'base64url'), relyingParty });
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('signInRefused');
    throw error;
  }
  return inOneStep(database, async trx => {
    const actor = found.officer.id;
    await noteEvent(trx, { at, service: 'ra-portal', action: 'officer.signedIn', actor, subject: actor, details: {} });
    return beginSession(trx, { kind: 'officer', subject: actor, at });
  });
}

/** The officer of a session that is neither idle nor old, and still on the roll; else null. */
export async function officerOfSession(parts: PortalParts, token: string): Promise<Member | null> {
  const { database, ca, clock, policies } = parts;
  const session = await openSessionOf(database, 'officer', token);
  const now = clock.now();
  if (session === null || now - session.seenAt > idleLifetime) return null;
  if (now - session.createdAt >= policies.schedule.portal.signInLifetime) return null;
  const officer = (await officersOf(ca)).find(({ id }) => id === session.subject);
  if (officer !== undefined && now - session.seenAt > 30) await noteSessionSeen(database, token, now);
  return officer ?? null;
}

async function officersOf(ca: Store): Promise<readonly Member[]> {
  const current = await ca.rolls.current();
  return (current?.roll.members ?? []).filter(({ role }) => role === 'officer');
}

function credentialOf(
  officers: readonly Member[],
  credentialId: string,
): { officer: Member; publicKey: string } | null {
  for (const officer of officers) {
    const credential = officer.credentials.find(({ use, id }) => use === 'signIn' && id === credentialId);
    if (credential !== undefined) return { officer, publicKey: credential.publicKey };
  }
  return null;
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
