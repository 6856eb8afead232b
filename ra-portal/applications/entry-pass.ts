/** A way in that guesses cannot close: a pass mailed to the applicant. Alone it opens nothing; the access code does. */
import { noteEvent } from '../../ca-core/index.ts';
import { entryPassLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { isKnownDevice, keepPass, passOf } from '../store/known-devices.ts';
import { postLetter } from '../store/letters.ts';
import { drawMailboxCode, hashMailboxCode, isMailboxCode } from './codes.ts';

const lifetime = 3_600;
const pause = 300;

/** Mails a pass, at most one in five minutes. Says nothing of whether there is such an application. */
export async function askForPass(parts: PortalParts, caseId: string): Promise<void> {
  const { database, clock, settings } = parts;
  const at = clock.now();
  await inOneStep(database, async trx => {
    const application = await findApplication(trx, caseId);
    const before = await passOf(trx, caseId);
    if (application === null || (before !== null && at < before.expiresAt - lifetime + pause)) return;
    const pass = drawMailboxCode();
    await keepPass(trx, caseId, { hash: hashMailboxCode(pass), expiresAt: at + lifetime });
    await postLetter(trx, {
      ...entryPassLetter(application, { pass, until: at + lifetime, portalUrl: settings.url }),
      at,
    });
    const event = { at, service: 'ra-portal', action: 'application.passSent', actor: 'applicant' };
    await noteEvent(trx, { ...event, subject: caseId, details: {} });
  });
  parts.sendLetters();
}

/** Which counter of wrong codes stands before somebody: strangers share one. */
export async function doorOf(
  { database, clock }: Pick<PortalParts, 'database' | 'clock'>,
  { caseId, device, pass }: { readonly caseId: string; readonly device: string; readonly pass: string },
): Promise<string> {
  if (device !== '' && (await isKnownDevice(database, caseId, device))) return `access:${caseId}:device`;
  const kept = pass === '' ? null : await passOf(database, caseId);
  const isMailed = kept !== null && kept.expiresAt > clock.now() && isMailboxCode(pass, kept.hash);
  return isMailed ? `access:${caseId}:mailed` : `access:${caseId}`;
}
