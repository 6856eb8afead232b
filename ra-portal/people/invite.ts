/** How somebody gets an account's first passkey: a link by mail, and a code that another person hands over. */
import { createHash, randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { checkCredentialKey, newPasskey, noteEvent } from '../../ca-core/index.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import { drawAccessCode, hashAccessCode, isAccessCode } from '../applications/codes.ts';
import { countAttempt, forgiveAttempts } from '../applications/guesses.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addInvitation, closeInvitation, openInvitationOf } from '../store/invitations.ts';
import { postLetter } from '../store/letters.ts';
import { findPerson, type PersonRecord } from '../store/people.ts';
import { addPasskey, isPasskeyKnown } from '../store/sign-in-means.ts';
import { say } from '../words/words.ts';

/** What the one who invites sees once: the link goes by mail, the code by word of mouth. */
export interface PersonLink {
  readonly personId: string;
  readonly url: string;
  /** Eight digits. */
  readonly code: string;
  readonly expiresAt: number;
}

export interface InvitationGround {
  readonly portalUrl: string;
  /** Seconds that a link lives. */
  readonly lifetime: number;
  readonly at: number;
}

/** Opens a link, closes those before it, and writes the letter. */
export async function invite(
  database: Database,
  person: Pick<PersonRecord, 'id' | 'name' | 'mailbox'>,
  { portalUrl, lifetime, at }: InvitationGround,
): Promise<PersonLink> {
  const link = randomBytes(24).toString('base64url');
  const code = drawAccessCode();
  const expiresAt = at + lifetime;
  const invitation = { linkHash: hashOf(link), personId: person.id, code: await hashAccessCode(code), expiresAt };
  await addInvitation(database, invitation, at);
  const url = `${portalUrl}/people/enrol/${link}`;
  await postLetter(database, { mailbox: person.mailbox, ...letterTo(person.name, url), at });
  return { personId: person.id, url, code, expiresAt };
}

/** In both languages: nobody knows yet which one this person reads. */
function letterTo(name: string, link: string): { subject: string; body: string } {
  const bodies = (['ja', 'en'] as const).map(language => say(language, 'letter.account.body', { name, link }));
  return { subject: say('ja', 'letter.account.subject'), body: `${bodies.join('\n\n')}\n` };
}

/** Whose link this is. Throws invitationUnknown. */
export async function invitedBy({ database, clock }: PortalParts, link: string): Promise<PersonRecord> {
  const invitation = await openInvitationOf(database, hashOf(link), clock.now());
  const person = invitation === null ? null : await findPerson(database, invitation.personId);
  if (person === null) throw new PkiError('invitationUnknown');
  return person;
}

const enrolment = newPasskey.extend({ code: z.string().max(32) });

/**
 * The link and its code give the account a passkey, once. Throws invitationUnknown, accessCodeWrong, tooManyAttempts,
 * enrolmentInvalid (a known authenticator), fieldInvalid, assertionInvalid {reason: 'key'}.
 */
export async function enrolByLink(parts: PortalParts, link: string, body: unknown): Promise<void> {
  const { database, clock } = parts;
  const at = clock.now();
  const linkHash = hashOf(link);
  const invitation = await openInvitationOf(database, linkHash, at);
  if (invitation === null) throw new PkiError('invitationUnknown');
  const { code, credentialId, publicKey } = readBy(enrolment, body, 'fieldInvalid');
  checkCredentialKey(publicKey);
  // Only who has the mailed link comes here, so that nobody else can make its owner wait.
  const about = `link:${linkHash.slice(0, 48)}`;
  await countAttempt(database, about, at);
  if (!(await isAccessCode(code, invitation.code))) throw new PkiError('accessCodeWrong');
  const { personId } = invitation;
  await inOneStep(database, async trx => {
    if (await isPasskeyKnown(trx, { credentialId, publicKey })) throw new PkiError('enrolmentInvalid');
    if (!(await closeInvitation(trx, linkHash, at))) throw new PkiError('invitationUnknown');
    await forgiveAttempts(trx, about);
    await addPasskey(trx, { credentialId, personId, publicKey, createdAt: at });
    const action = 'authenticator.enrolled';
    const details = { use: 'signIn' };
    await noteEvent(trx, { at, service: 'ra-portal', action, actor: personId, subject: personId, details });
  });
}

const hashOf = (link: string): string => createHash('sha256').update(link, 'utf8').digest('hex');
