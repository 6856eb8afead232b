/** Tells subscribers that a certificate ends, once for each step of the policy. */
import { noteEvent } from '../../ca-core/index.ts';
import { expiryLetter } from '../mail/life-letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { noteNotice, noticesDue, type EndingCertificate } from '../store/expiry-notices.ts';
import { postLetter } from '../store/letters.ts';

const atOnce = 100;
const day = 86_400;

/**
 * Posts what is due; how many letters. Letter and note are one step, so that a portal that is killed, or several at
 * once, post none twice and lose none. Of several steps that are due together only the last is written about.
 */
export async function postExpiryNotices(parts: PortalParts): Promise<number> {
  const steps = [...parts.policies.schedule.life.noticeDays].sort((one, other) => one - other);
  let posted = 0;
  for (const days of steps) {
    for (let found = atOnce; found === atOnce;) {
      const due = await noticesDue(parts.database, { days, now: parts.clock.now(), limit: atOnce });
      found = due.length;
      for (const certificate of due) posted += (await post(parts, certificate, { days, steps })) ? 1 : 0;
    }
  }
  if (posted > 0) parts.sendLetters();
  return posted;
}

interface Step {
  readonly days: number;
  readonly steps: readonly number[];
}

async function post(parts: PortalParts, certificate: EndingCertificate, { days, steps }: Step): Promise<boolean> {
  const { database, clock, settings } = parts;
  const at = clock.now();
  // Who got it for less time than that was told with it.
  const isShort = certificate.notAfter - days * day < certificate.notBefore;
  return inOneStep(database, async trx => {
    const isNew = await noteNotice(trx, certificate, { days, postedAt: isShort ? null : at });
    for (const passed of steps.filter(step => step > days))
      await noteNotice(trx, certificate, { days: passed, postedAt: null });
    const application = isNew && !isShort ? await findApplication(trx, certificate.caseId) : null;
    if (application === null || application.claim.mailbox === '') return false;
    await postLetter(trx, { ...expiryLetter(application, { ...certificate, portalUrl: settings.url, at }), at });
    const event = {
      at,
      service: 'ra-portal',
      action: 'expiry.noticed',
      actor: 'ra-portal',
      subject: certificate.caseId,
    };
    await noteEvent(trx, { ...event, details: { days: String(days), serialNumber: certificate.serialNumber } });
    return true;
  });
}
