/** Whose account is open, and what it may do: read anew for every request, so that a change counts at once. */
import type { Member, Store } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { findPerson, type PersonRecord } from '../store/people.ts';
import { noteSessionSeen, openSession, type Session } from '../store/sessions.ts';
import type { Person } from './person.ts';

/** Two spellings of one mailbox fold to one. */
export const foldMailbox = (mailbox: string): string => mailbox.trim().normalize('NFKC').toLowerCase();

/** The officers of the signed roll. */
export async function officersOf(ca: Store): Promise<readonly Member[]> {
  const current = await ca.rolls.current();
  return (current?.roll.members ?? []).filter(({ role }) => role === 'officer');
}

/** Whether the roll has an officer of this mailbox, who then has no other account here. */
export async function isOfficersMailbox(ca: Store, mailbox: string): Promise<boolean> {
  return (await officersOf(ca)).some(officer => foldMailbox(officer.mailbox) === foldMailbox(mailbox));
}

type AccountGround = Pick<PortalParts, 'database' | 'ca'>;

/** Null where nobody may come in by it: unknown, suspended, without a role, or an officer's second account. */
export async function openAccount({ database, ca }: AccountGround, personId: string): Promise<PersonRecord | null> {
  const person = await findPerson(database, personId);
  if (person === null || person.suspendedAt !== null || person.roles.length === 0) return null;
  return (await isOfficersMailbox(ca, person.mailbox)) ? null : person;
}

/** Seconds without a request after which everybody signs in again. */
export const idleLifetime = 900;
/** Seconds after which an applicant enters the code again. */
const longestForApplicants = 7_200;

export interface SignedIn {
  readonly person: Person;
  /** Unix seconds of the sign-in itself. */
  readonly since: number;
  /** Unix seconds: when it ends if nothing more comes, and when it ends in any case. */
  readonly idleAt: number;
  readonly endsAt: number;
}

/** Who this session is of, while it is neither idle nor old and the account is open; else null. */
export async function signedInBy(parts: PortalParts, token: string): Promise<SignedIn | null> {
  const { database, clock, policies } = parts;
  const session = await openSession(database, token);
  const now = clock.now();
  if (session === null || now - session.seenAt > idleLifetime) return null;
  const longest = session.kind === 'applicant' ? longestForApplicants : policies.schedule.portal.signInLifetime;
  const endsAt = session.createdAt + longest;
  if (now >= endsAt) return null;
  const person = await accountBehind(parts, session);
  if (person === null) return null;
  const isNoted = now - session.seenAt > 30;
  if (isNoted) await noteSessionSeen(database, token, now);
  return { person, since: session.createdAt, idleAt: (isNoted ? now : session.seenAt) + idleLifetime, endsAt };
}

/** The open account that a session, a certificate or a token is of; null where it is shut. */
export async function accountBehind(
  parts: PortalParts,
  { kind, subject, means }: Pick<Session, 'kind' | 'subject' | 'means'>,
): Promise<Person | null> {
  switch (kind) {
    case 'applicant':
      return { id: subject, roles: ['applicant'], name: '', mailbox: '', organisation: null, signedInBy: means };
    case 'officer': {
      const officer = (await officersOf(parts.ca)).find(({ id }) => id === subject);
      if (officer === undefined) return null;
      const { id, name, mailbox } = officer;
      return { id, roles: ['officer'], name, mailbox, organisation: null, signedInBy: means };
    }
    case 'person': {
      const account = await openAccount(parts, subject);
      if (account === null) return null;
      const { id, roles, name, mailbox, organisation } = account;
      return { id, roles, name, mailbox, organisation, signedInBy: means };
    }
  }
}
