/** The portal says every few seconds how it is, as the other services do, and what waits in it. */
import type { UnixTime } from '../../ca-core/clock.ts';
import type { Reading } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { overdueReview } from '../reviews/access-review.ts';
import { casesForOfficers, lettersToSend, unreachable, type WaitingFigures } from '../store/operations.ts';

const tellEvery = 10;

export interface FiguresGround extends Pick<PortalParts, 'ca' | 'clock' | 'database'> {
  /** In words, where the clock jumped ahead. */
  readonly clockFault: string | undefined;
}

/** One of these per portal. */
export function openFigures(): (ground: FiguresGround) => Promise<void> {
  let toldAt = -Infinity;
  return async ({ ca, clock, database, clockFault }) => {
    const at = clock.now();
    if (Math.abs(at - toldAt) < tellEvery) return;
    const cases = await casesForOfficers(database);
    const letters = await lettersToSend(database);
    const readings: Reading[] = [
      { name: 'casesWaiting', subject: '', value: cases.length, note: '' },
      { name: 'casesAge', subject: '', value: ageOf(cases, at), note: '' },
      { name: 'queueAge', subject: 'letters', value: ageOf(letters, at), note: '' },
      { name: 'queueLength', subject: 'letters', value: letters.length, note: '' },
    ];
    await ca.observations.tell('ra-portal', { at, readings, days: [] });
    const faults = [clockFault, await overdueReview({ clock, database }), await unheard(database, at)];
    const detail = faults.filter(fault => typeof fault === 'string').join('; ');
    await ca.states.beat({ service: 'ra-portal', state: detail === '' ? 'green' : 'red', detail, seenAt: at });
    toldAt = at;
  };
}

/** Alerts that come to nobody: a webhook, the dashboard and `kakuin status` tell of it. */
async function unheard(database: PortalParts['database'], now: UnixTime): Promise<string | undefined> {
  const count = await unreachable(database, 'caOperator', now - 86_400);
  return count === 0
    ? undefined
    : `the mail server took no letter for ${count} of the CA operators: see their addresses`;
}

const ageOf = ({ since }: WaitingFigures, now: number): number => (since === null ? 0 : Math.max(0, now - since));
