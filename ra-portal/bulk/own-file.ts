/**
 * Each person's own PKCS#12: a mailed link opens it, its password comes from the custodian by another way. What the link
 * opens is encrypted under 138 random bits, so that the mail alone is of no use to anybody.
 */
import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { countAttempt, forgiveAttempts } from '../applications/guesses.ts';
import { drawMailboxCode, hashMailboxCode, isMailboxCode } from '../applications/codes.ts';
import { mailboxCodeLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepMailboxCode, mailboxCodeOf } from '../store/applications.ts';
import { moveCases } from '../store/bulk-cases.ts';
import { eraseFiles, fileOfCase, notePickedUp, type ResultRow } from '../store/bulk-results.ts';
import { moveRows, rowOfCase } from '../store/bulk-rows.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';

/** Mails the link of each case, inside the caller's step. */
export async function postOwnFiles(
  { settings, policies, clock }: PortalParts,
  trx: Database,
  caseIds: readonly string[],
): Promise<void> {
  const at = clock.now();
  const until = at + policies.schedule.portal.pickUpLifetime;
  for (const caseId of caseIds) {
    const application = await findApplication(trx, caseId);
    if (application === null) continue;
    const code = drawMailboxCode();
    await keepMailboxCode(trx, caseId, { hash: hashMailboxCode(code), expiresAt: until });
    await postLetter(trx, {
      ...mailboxCodeLetter(application, { code, until, portalUrl: settings.url }, 'ownFile'),
      at,
    });
  }
}

export interface MailedCode {
  readonly caseId: string;
  readonly code: string;
}

/**
 * The file behind a mailed link; it may be fetched again until it is erased or its time is over. Throws
 * mailboxCodeWrong (wrong, late, or no such row), tooManyAttempts, alreadyPickedUp {at} once erased.
 */
export async function takeOwnFile(parts: PortalParts, mailed: MailedCode): Promise<ResultRow> {
  const { database, clock } = parts;
  const at = clock.now();
  const found = await foundBehind(parts, mailed);
  if (found.pkcs12 === null) throw new PkiError('alreadyPickedUp', { at });
  await inOneStep(database, async trx => {
    const row = await rowOfCase(trx, mailed.caseId);
    await notePickedUp(trx, [mailed.caseId], at);
    if (row?.state === 'issued') {
      await moveRows(trx, row.jobId, [row.rowNumber], { to: 'delivered', at });
      await moveCases(trx, [mailed.caseId], { state: 'delivered', at });
    }
    const event = { service: 'ra-portal', action: 'pkcs12.fetched', actor: 'subscriber', subject: mailed.caseId };
    await noteEvent(trx, { at, ...event, details: {} });
  });
  return found;
}

/** The person could open it: the platform keeps no copy. Throws as takeOwnFile does. */
export async function eraseOwnFile(parts: PortalParts, mailed: MailedCode): Promise<void> {
  const at = parts.clock.now();
  await foundBehind(parts, mailed);
  await inOneStep(parts.database, async trx => {
    await eraseFiles(trx, [mailed.caseId]);
    const event = { service: 'ra-portal', action: 'pkcs12.erased', actor: 'subscriber', subject: mailed.caseId };
    await noteEvent(trx, { at, ...event, details: {} });
  });
}

async function foundBehind({ database, clock }: PortalParts, { caseId, code }: MailedCode): Promise<ResultRow> {
  const at = clock.now();
  const found = await fileOfCase(database, caseId);
  const kept = await mailboxCodeOf(database, caseId);
  if (found === null || kept === null) throw new PkiError('mailboxCodeWrong');
  await countAttempt(database, `ownFile:${caseId}`, at);
  if (kept.expiresAt < at || !isMailboxCode(code, kept.hash)) throw new PkiError('mailboxCodeWrong');
  await inOneStep(database, trx => forgiveAttempts(trx, `ownFile:${caseId}`));
  return found;
}
