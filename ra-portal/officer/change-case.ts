import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import { openStates, type CertificateApplication } from '../applications/application.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { isOwn, type AtWork } from './at-work.ts';
import { holdCase } from './claim.ts';

export interface CaseChange {
  /** What the audit log calls it, as noun.verb. */
  readonly action: string;
  readonly details: Readonly<Record<string, string>>;
  /** What becomes of the application; a change of anything an officer signs voids the document made before. */
  readonly change: (
    trx: Database,
    application: CertificateApplication,
    at: number,
  ) => Promise<Partial<CertificateApplication>>;
}

/**
 * One officer's step in a case: the change, the application and the audit event together. Who takes a step has the case.
 * Throws applicationUnknown, approverIsApplicant, applicationState (closed, or already ordered), caseHeld {holder}.
 */
export async function changeCase(parts: PortalParts, { caseId, officer }: AtWork, change: CaseChange): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    if (isOwn(application, officer)) throw new PkiError('approverIsApplicant');
    const { state } = await standingOf(openStore(trx), application);
    if (!openStates.includes(state)) throw new PkiError('applicationState', { state });
    await holdCase(parts, trx, { application, officer });
    const changed = await change.change(trx, application, at);
    await keepApplication(trx, { ...application, state: 'inReview', documentDigest: null, changedAt: at, ...changed });
    const { action, details } = change;
    await noteEvent(trx, { at, service: 'ra-portal', action, actor: officer.id, subject: caseId, details });
  });
}
