/** Nobody approves anything with a single authenticator: whoever loses it could be recovered by a lesser way (design §1). */
import { PkiError } from '../errors.ts';
import type { Credential, Member } from './documents.ts';

/** One authenticator holds a passkey for signing in and one for approving: the fewer of the two count, each key once. */
export function authenticatorsOf({ credentials }: Pick<Member, 'credentials'>): number {
  const keysFor = (use: Credential['use']): number =>
    new Set(credentials.filter(one => one.use === use).map(({ publicKey }) => publicKey)).size;
  return Math.min(keysFor('approve'), keysFor('signIn'));
}

/** How many the policy asks for. Over http WebAuthn works on one's own machine only: that is a first try. */
export function authenticatorsNeeded(
  { production, firstTry }: { readonly production: number; readonly firstTry: number },
  { origin }: { readonly origin: string },
): number {
  return origin.startsWith('https:') ? production : firstTry;
}

/**
 * Throws authenticatorsMissing {member, have, needed} for an officer who has too few. Further ones come by a new one-time
 * link: other officers sign the roll for it, or two operators open it at the console.
 */
export function checkAuthenticators(approver: Member, needed: number): void {
  const have = authenticatorsOf(approver);
  if (approver.role !== 'officer' || have >= needed) return;
  throw new PkiError('authenticatorsMissing', { member: approver.id, have, needed });
}
