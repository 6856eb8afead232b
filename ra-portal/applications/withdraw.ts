import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { dropUploadsOf } from '../store/uploads.ts';
import type { ApplicationState } from './application.ts';
import { standingOf } from './standing.ts';

/** The states from which an applicant may still step back: nothing has been ordered yet. */
export const withdrawableStates: readonly ApplicationState[] = ['submitted', 'inReview', 'returned'];

/**
 * No certificate is wanted any more: approvals given so far count no more, what was uploaded is erased. `actor` is the
 * id of the LRA who steps back for a member. Throws applicationUnknown, applicationState.
 */
export async function withdraw(parts: PortalParts, caseId: string, actor = 'applicant'): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    const { state } = await standingOf(openStore(trx), application);
    if (!withdrawableStates.includes(state)) throw new PkiError('applicationState', { state });
    await keepApplication(trx, { ...application, state: 'withdrawn', documentDigest: null, changedAt: at });
    await dropUploadsOf(trx, caseId);
    const event = { at, service: 'ra-portal', action: 'application.withdrawn', actor };
    await noteEvent(trx, { ...event, subject: caseId, details: {} });
    await postLetter(trx, { ...tidingsLetter(application, 'withdrawn', parts.settings.url), at });
  });
  parts.sendLetters();
}
