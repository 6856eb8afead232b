import { noteEvent, openStore } from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { applicationsOrdered, keepApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import type { CertificateApplication } from './application.ts';
import { standingOf } from './standing.ts';

/** Notes what the CA core has done since, and tells the applicants. Returns how many cases moved on. */
export async function followIssuance(parts: PortalParts): Promise<number> {
  const waiting = await applicationsOrdered(parts.database, 200);
  let moved = 0;
  for (const application of waiting) moved += (await follow(parts, application)) ? 1 : 0;
  if (moved > 0) parts.sendLetters();
  return moved;
}

async function follow(parts: PortalParts, application: CertificateApplication): Promise<boolean> {
  const { database, clock, settings, ca } = parts;
  // A look that takes no lock first: most cases are still where they were.
  if ((await standingOf(ca, application)).state === application.state) return false;
  const at = clock.now();
  return inOneStep(database, async trx => {
    const { state, certificate } = await standingOf(openStore(trx), application);
    if (state === application.state) return false;
    await keepApplication(trx, { ...application, state, changedAt: at });
    const details = { state, ...(certificate === null ? {} : { serialNumber: certificate.serialNumber }) };
    const subject = application.caseId;
    await noteEvent(trx, {
      at,
      service: 'ra-portal',
      action: 'application.followed',
      actor: 'ra-portal',
      subject,
      details,
    });
    if (state === 'issued') await postLetter(trx, { ...tidingsLetter(application, 'issued', settings.url), at });
    return true;
  });
}
