/** A case on legal hold keeps everything. Two officers place it and end it. */
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addHold, askRelease, confirmHold, openHold, releaseHold, type LegalHold } from '../store/legal-holds.ts';

export const holdSteps = ['place', 'confirm', 'release'] as const;
export type HoldStepName = (typeof holdSteps)[number];

interface Holding {
  readonly caseId: string;
  readonly person: Person;
  /** Why; of `place` only. */
  readonly reason: string;
}

/**
 * `place` begins a hold, `confirm` is the second person's word on it, `release` asks to end it and, from another person,
 * ends it. Until it is confirmed a hold counts for a week. Throws applicationUnknown, fieldMissing
 * (reason), changedMeanwhile (nothing to do, or done by another), notPermitted (the same person again).
 */
export async function takeHoldStep(parts: PortalParts, step: HoldStepName, holding: Holding): Promise<void> {
  const at = parts.clock.now();
  const { caseId, person } = holding;
  await inOneStep(parts.database, async trx => {
    if ((await findApplication(trx, caseId)) === null) throw new PkiError('applicationUnknown');
    const hold = await openHold(trx, caseId);
    const action = await steps[step](trx, hold, { ...holding, at });
    await noteEvent(trx, { at, service: 'ra-portal', action, actor: person.id, subject: caseId, details: {} });
  });
}

type Step = (trx: Database, hold: LegalHold | null, doing: Holding & { readonly at: number }) => Promise<string>;

const steps: Readonly<Record<HoldStepName, Step>> = {
  place: async (trx, hold, { caseId, person, reason, at }) => {
    if (hold !== null) throw new PkiError('changedMeanwhile');
    if (reason === '') throw new PkiError('fieldMissing', { field: 'reason' });
    await addHold(trx, { caseId, reason: reason.slice(0, 1000), by: person.id, at });
    return 'legalHold.proposed';
  },
  confirm: async (trx, hold, { person, at }) => {
    if (hold === null || hold.confirmedAt !== null) throw new PkiError('changedMeanwhile');
    if (hold.placedBy === person.id) throw new PkiError('notPermitted');
    if (!(await confirmHold(trx, hold.id, { by: person.id, at }))) throw new PkiError('changedMeanwhile');
    return 'legalHold.placed';
  },
  release: async (trx, hold, { person, at }) => {
    if (hold === null) throw new PkiError('changedMeanwhile');
    const isEnough = hold.confirmedAt === null || hold.releaseBy !== null;
    if (hold.releaseBy === person.id) throw new PkiError('notPermitted');
    const done = isEnough ? releaseHold : askRelease;
    if (!(await done(trx, hold.id, { by: person.id, at }))) throw new PkiError('changedMeanwhile');
    return isEnough ? 'legalHold.released' : 'legalHold.releaseProposed';
  },
};
