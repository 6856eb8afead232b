/** Alerts on their way: each carrier by itself, tried again ever more seldom, nothing told twice but what was not heard. */
import type { Clock } from '../ca-core/clock.ts';
import type { Alert } from '../ca-core/index.ts';
import type { Log } from '../ca-core/log.ts';
import type { AlertJournal, Errand } from './alert-journal.ts';

/** Brings an alert where it belongs. Throws where it did not arrive. */
export type Carrier = (alert: Alert) => Promise<void>;

export interface CarryingParts {
  readonly journal: AlertJournal;
  readonly carriers: ReadonlyMap<string, Carrier>;
  readonly clock: Clock;
  readonly log: Log;
}

const firstPause = 15;
const longestPause = 3_600;
/** What nobody took for so long is news no more. */
const forgottenAfter = 7 * 86_400;

/** An errand for each carrier. */
export function errandsFor(alerts: readonly Alert[], carriers: Iterable<string>): Errand[] {
  const names = [...carriers];
  return alerts.flatMap(alert => names.map(carrier => ({ carrier, alert, attempts: 0, nextAt: alert.raisedAt })));
}

/** Tries what is due, oldest first. */
export async function carryAlerts(parts: CarryingParts): Promise<void> {
  const { journal, clock } = parts;
  const { errands } = journal.read();
  if (errands.length === 0) return;
  const left: Errand[] = [];
  for (const errand of errands) {
    const next = errand.nextAt > clock.now() ? errand : await tryErrand(errand, parts);
    if (next !== undefined) left.push(next);
  }
  journal.write({ ...journal.read(), errands: left });
}

/** What is left of it: nothing where it arrived. */
async function tryErrand(errand: Errand, { carriers, clock, log }: CarryingParts): Promise<Errand | undefined> {
  const carry = carriers.get(errand.carrier);
  if (carry === undefined) return undefined;
  const told = { alert: errand.alert.id, carrier: errand.carrier, attempts: errand.attempts + 1 };
  try {
    await carry(errand.alert);
    return undefined;
  } catch (error) {
    // The text of a network error may repeat an address with a secret in it.
    const because = error instanceof Error ? error.name : 'unknown';
    if (clock.now() - errand.alert.raisedAt > forgottenAfter) {
      log.error({ ...told, because }, 'an alert is given up');
      return undefined;
    }
    log.warn({ ...told, because }, 'an alert did not arrive');
    const wait = Math.min(longestPause, firstPause * 2 ** errand.attempts);
    return { ...errand, attempts: errand.attempts + 1, nextAt: clock.now() + wait };
  }
}
