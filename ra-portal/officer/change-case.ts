import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore } from '../../ca-core/index.ts';
import { openStates, type CertificateApplication } from '../applications/application.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';

/** Which case, and which officer is at work on it. */
export interface AtWork {
  readonly caseId: string;
  readonly officer: Person;
}

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
 * One officer's step in a case: the change, the application and the audit event together.
 * Throws applicationUnknown, approverIsApplicant, applicationState (closed, or already ordered).
 */
export async function changeCase(parts: PortalParts, { caseId, officer }: AtWork, change: CaseChange): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    if (isOwn(application, officer)) throw new PkiError('approverIsApplicant');
    const { state } = await standingOf(openStore(trx), application);
    if (!openStates.includes(state)) throw new PkiError('applicationState', { state });
    const changed = await change.change(trx, application, at);
    await keepApplication(trx, { ...application, state: 'inReview', documentDigest: null, changedAt: at, ...changed });
    const { action, details } = change;
    await noteEvent(trx, { at, service: 'ra-portal', action, actor: officer.id, subject: caseId, details });
  });
}

/** Nobody reviews their own application: the mailbox tells. */
export function isOwn({ claim }: CertificateApplication, officer: Person): boolean {
  const fold = (mailbox: string): string => mailbox.trim().normalize('NFKC').toLowerCase();
  return fold(claim.mailbox) === fold(officer.mailbox);
}
