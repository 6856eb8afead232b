/** An LRA's other way in: a phrase that was drawn for it, and the code of an authenticator app. For nobody else. */
import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import { drawMailboxCode, hashAccessCode, isAccessCode } from '../applications/codes.ts';
import { countAttempt, forgiveAttempts } from '../applications/guesses.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { personOfMailbox } from '../store/people.ts';
import { beginSession } from '../store/sessions.ts';
import { keepTotp, noteStep, totpOf, type Totp } from '../store/sign-in-means.ts';
import { foldMailbox, openAccount } from './accounts.ts';
import { hasRole, type Person } from './person.ts';
import { stepOfCode, toBase32 } from './totp.ts';

/** Shown once, at setting up. */
export interface NewTotp {
  /** base32, 160 bits. */
  readonly key: string;
  /** 120 random bits: nobody chooses a password here. */
  readonly phrase: string;
}

/** What was there before counts no more. Throws notPermitted for everybody but an LRA. */
export async function setUpTotp(parts: PortalParts, person: Person): Promise<NewTotp> {
  mustBeLra(person);
  const at = parts.clock.now();
  const secret = randomBytes(20);
  const phrase = drawMailboxCode();
  const sealedSecret = parts.uploadSeal.close(secret, placeOf(person.id)).toString('base64');
  const kept = {
    personId: person.id,
    sealedSecret,
    phrase: await hashAccessCode(phrase.replaceAll('-', '')),
    lastStep: 0,
  };
  await inOneStep(parts.database, async trx => {
    await keepTotp(trx, { ...kept, at });
    const event = { at, service: 'ra-portal', action: 'totp.setUp', actor: person.id, subject: person.id };
    await noteEvent(trx, { ...event, details: {} });
  });
  return { key: toBase32(secret), phrase };
}

/** The app shows the right code: from now on it opens the account. Throws signInRefused, tooManyAttempts. */
export async function confirmTotp(parts: PortalParts, person: Person, typed: string): Promise<void> {
  mustBeLra(person);
  const totp = await totpOf(parts.database, person.id);
  if (totp === null) throw new PkiError('signInRefused');
  await takeCode(parts, totp, typed);
}

export interface TypedTotp {
  readonly mailbox: string;
  readonly phrase: string;
  readonly totp: string;
}

/**
 * Returns the session's token. Throws signInRefused for whatever is wrong, after the same work, and tooManyAttempts
 * only for whoever knows the phrase: a stranger can make no LRA wait.
 */
export async function signInByTotp(parts: PortalParts, typed: TypedTotp): Promise<string> {
  const found = await personOfMailbox(parts.database, foldMailbox(typed.mailbox));
  const account = found === null ? null : await openAccount(parts, found.id);
  const totp = account === null || !account.roles.includes('lra') ? null : await totpOf(parts.database, account.id);
  const isPhrase = await isAccessCode(typed.phrase, totp?.phrase ?? null);
  if (totp === null || !isPhrase || totp.confirmedAt === null) throw new PkiError('signInRefused');
  await takeCode(parts, totp, typed.totp);
  const at = parts.clock.now();
  const { personId: subject } = totp;
  return inOneStep(parts.database, async trx => {
    const event = { at, service: 'ra-portal', action: 'person.signedIn', actor: subject, subject };
    await noteEvent(trx, { ...event, details: { means: 'totp' } });
    return beginSession(trx, { kind: 'person', subject, means: 'totp', at });
  });
}

/** Each code counts once, also when it comes twice at the same moment. */
async function takeCode({ database, clock, uploadSeal }: PortalParts, totp: Totp, typed: string): Promise<void> {
  const at = clock.now();
  const about = `totp:${totp.personId}`;
  await countAttempt(database, about, at);
  const secret = uploadSeal.open(Buffer.from(totp.sealedSecret, 'base64'), placeOf(totp.personId));
  const step = stepOfCode(secret, typed, at);
  if (step === null || !(await noteStep(database, totp.personId, { step, at }))) throw new PkiError('signInRefused');
  await forgiveAttempts(database, about);
}

const placeOf = (personId: string) => ({ owner: personId, id: 'totp' });

function mustBeLra(person: Person): void {
  if (!hasRole(person, 'lra')) throw new PkiError('notPermitted');
}
