import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { mailboxCodeLetter, type MailboxLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepMailboxCode, mailboxCodeOf, noteMailboxProved } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { handOverCodeOf } from '../store/member-applications.ts';
import { postLetter } from '../store/letters.ts';
import type { CertificateApplication } from './application.ts';
import { drawMailboxCode, hashMailboxCode, isMailboxCode } from './codes.ts';
import { countAttempt, forgiveAttempts } from './guesses.ts';

/** A new code may be asked for once a minute. */
const pause = 60;

interface Posting extends Pick<PortalParts, 'settings' | 'policies'> {
  readonly at: number;
  /** Which letter holds the code. */
  readonly letter?: MailboxLetter;
}

/** Draws a code, keeps its hash and posts the letter, inside the caller's step. Returns until when it counts. */
export async function postMailboxCode(
  trx: Database,
  application: CertificateApplication,
  { settings, policies, at, letter = 'mailboxCode' }: Posting,
): Promise<number> {
  const code = drawMailboxCode();
  const until = at + policies.schedule.portal.mailboxCodeLifetime;
  await keepMailboxCode(trx, application.caseId, { hash: hashMailboxCode(code), expiresAt: until });
  await postLetter(trx, { ...mailboxCodeLetter(application, { code, until, portalUrl: settings.url }, letter), at });
  return until;
}

/** Throws applicationUnknown, applicationState (already proved) or tooManyAttempts {until, seconds}. */
export async function askForMailboxCode(parts: PortalParts, caseId: string): Promise<void> {
  const { database, clock, settings, policies } = parts;
  const at = clock.now();
  await inOneStep(database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    if (application.mailboxProvedAt !== null) throw new PkiError('applicationState', { state: application.state });
    await waitAfterCode(trx, parts, caseId);
    await postMailboxCode(trx, application, { settings, policies, at });
    await noteEvent(trx, {
      at,
      service: 'ra-portal',
      action: 'mailbox.codeSent',
      actor: 'applicant',
      subject: caseId,
      details: {},
    });
  });
  parts.sendLetters();
}

/** Throws tooManyAttempts {until, seconds} while the last letter with a code is too new. */
export async function waitAfterCode(
  trx: Database,
  { policies, clock }: Pick<PortalParts, 'policies' | 'clock'>,
  caseId: string,
): Promise<void> {
  const at = clock.now();
  const before = await mailboxCodeOf(trx, caseId);
  const until = before === null ? 0 : before.expiresAt - policies.schedule.portal.mailboxCodeLifetime + pause;
  if (at < until) throw new PkiError('tooManyAttempts', { until, seconds: until - at });
}

/**
 * The mailed code came back. Wrong ones wait ever longer, and the right one never does: 120 bits are not guessed, so that
 * nobody else can make its holder wait. Throws mailboxCodeWrong (wrong, late or for no application) or tooManyAttempts.
 */
export async function proveMailbox(
  { database, clock }: Pick<PortalParts, 'database' | 'clock'>,
  { caseId, code }: { caseId: string; code: string },
): Promise<void> {
  const at = clock.now();
  const application = await findApplication(database, caseId);
  if (application === null) throw new PkiError('mailboxCodeWrong');
  if (application.mailboxProvedAt !== null) return;
  // Where the organisation's desk applied, taking over proves it.
  if ((await handOverCodeOf(database, caseId)) !== null) throw new PkiError('mailboxCodeWrong');
  const isRight = (kept: Awaited<ReturnType<typeof mailboxCodeOf>>): boolean =>
    kept !== null && kept.expiresAt >= at && isMailboxCode(code, kept.hash);
  if (!isRight(await mailboxCodeOf(database, caseId))) {
    await countAttempt(database, `mailbox:${caseId}`, at);
    throw new PkiError('mailboxCodeWrong');
  }
  await inOneStep(database, async trx => {
    if (!isRight(await mailboxCodeOf(trx, caseId))) throw new PkiError('mailboxCodeWrong');
    await forgiveAttempts(trx, `mailbox:${caseId}`);
    await noteMailboxProved(trx, caseId, at);
    await noteEvent(trx, {
      at,
      service: 'ra-portal',
      action: 'mailbox.proved',
      actor: 'applicant',
      subject: caseId,
      details: {},
    });
  });
}
