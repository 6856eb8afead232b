/** A renewal is a new application with the same checks, begun with the fields of the one before. */
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import { drawMailboxCode, hashMailboxCode, isMailboxCode } from '../applications/codes.ts';
import { countAttempt, forgiveAttempts } from '../applications/guesses.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { renewalCodeLetter } from '../mail/life-letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { beginDraft } from '../store/drafts.ts';
import { postLetter } from '../store/letters.ts';
import { keepRenewalCode, renewalCodeOf, takeRenewalCode, type DraftOrigin } from '../store/renewals.ts';
import { preFilled } from './pre-filled.ts';

const lifetime = 3_600;
const pause = 300;

/**
 * Mails a code to the mailbox of a case that has a certificate, at most one in five minutes. Says nothing of whether
 * there is such a case.
 */
export async function askForRenewalCode(parts: PortalParts, caseId: string): Promise<void> {
  const { database, clock, settings, ca } = parts;
  const at = clock.now();
  if ((await ca.certificates.ofCase(caseId)) === undefined) return;
  await inOneStep(database, async trx => {
    const application = await findApplication(trx, caseId);
    const before = await renewalCodeOf(trx, caseId);
    if (application === null || application.claim.mailbox === '') return;
    if (before !== null && at < before.expiresAt - lifetime + pause) return;
    const code = drawMailboxCode();
    await keepRenewalCode(trx, caseId, { hash: hashMailboxCode(code), expiresAt: at + lifetime });
    await postLetter(trx, {
      ...renewalCodeLetter(application, { code, until: at + lifetime, portalUrl: settings.url }),
      at,
    });
    await note(trx, { at, action: 'renewal.codeSent', caseId });
  });
  parts.sendLetters();
}

/**
 * With the mailed code. Returns the token of the draft, for the cookie; the mailbox counts as proved now.
 * Throws mailboxCodeWrong (wrong, late, used or for no such case) or tooManyAttempts.
 */
export async function renewWithCode(parts: PortalParts, caseId: string, code: string): Promise<string> {
  const { database, clock } = parts;
  const at = clock.now();
  const kept = await renewalCodeOf(database, caseId);
  if (kept === null || kept.expiresAt < at || !isMailboxCode(code, kept.hash)) {
    if (kept !== null) await countAttempt(database, `renew:${caseId}`, at);
    throw new PkiError('mailboxCodeWrong');
  }
  return inOneStep(database, async trx => {
    if (!(await takeRenewalCode(trx, caseId, kept.hash))) throw new PkiError('mailboxCodeWrong');
    await forgiveAttempts(trx, `renew:${caseId}`);
    return begin(trx, parts, { former: await issuedCase(trx, caseId), mailboxProvedAt: at });
  });
}

/**
 * Where its holder has opened the application with the access code. A mailbox that was proved for it counts on for as
 * long as the policy lets it. Throws applicationUnknown, applicationState (without a certificate).
 */
export function renewEntered(parts: PortalParts, caseId: string): Promise<string> {
  return inOneStep(parts.database, async trx => {
    const former = await issuedCase(trx, caseId);
    return begin(trx, parts, { former, mailboxProvedAt: former.mailboxProvedAt });
  });
}

/** Throws applicationUnknown, applicationState. */
export async function issuedCase(trx: Database, caseId: string): Promise<CertificateApplication> {
  const former = await findApplication(trx, caseId);
  if (former === null || former.claim.mailbox === '') throw new PkiError('applicationUnknown');
  if ((await openStore(trx).certificates.ofCase(caseId)) === undefined)
    throw new PkiError('applicationState', { state: former.state });
  return former;
}

interface Beginning extends Omit<DraftOrigin, 'renews'> {
  readonly former: CertificateApplication;
}

async function begin(trx: Database, parts: PortalParts, { former, mailboxProvedAt }: Beginning): Promise<string> {
  const at = parts.clock.now();
  await note(trx, { at, action: 'renewal.begun', caseId: former.caseId });
  const form = JSON.stringify(preFilled(parts, former));
  return beginDraft(trx, { form, at, origin: { renews: former.caseId, mailboxProvedAt } });
}

function note(trx: Database, { at, action, caseId }: { at: number; action: string; caseId: string }): Promise<void> {
  return noteEvent(trx, { at, service: 'ra-portal', action, actor: 'applicant', subject: caseId, details: {} });
}
