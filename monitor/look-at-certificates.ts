/** What ends soon and what happened each day: counted now and then, since it takes a look over the whole table. */
import type { DayFigures, Reading } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import { reading, type MonitorParts } from './parts.ts';

export interface Counted {
  readonly readings: readonly Reading[];
  readonly days: readonly DayFigures[];
}

const day = 86_400;
/** Japan has no summer time. */
const japan = 9 * 3600;

export function countCertificates({ store, policy, clock }: MonitorParts): () => Promise<Counted> {
  let counted: Counted = { readings: [], days: [] };
  let countedAt = -Infinity;
  return async () => {
    const now = clock.now();
    if (now - countedAt < policy.countEvery) return counted;
    const expiring: Reading[] = [];
    for (const days of policy.expiringDays)
      expiring.push(reading('expiring', String(days), await store.figures.expiring(now, now + days * day)));
    const from = now - (policy.chartDays - 1) * day;
    const days = everyDay(await store.figures.days(from), from, now);
    const today = days.at(-1);
    counted = {
      readings: [
        ...expiring,
        reading('issuedToday', '', today?.issued ?? 0),
        reading('revokedToday', '', today?.revoked ?? 0),
      ],
      days,
    };
    countedAt = now;
    return counted;
  };
}

/** Days on which nothing happened stand there with zeros. */
export function everyDay(found: readonly DayFigures[], from: UnixTime, until: UnixTime): readonly DayFigures[] {
  const known = new Map(found.map(figures => [figures.day, figures]));
  const first = Math.floor((from + japan) / day);
  const count = Math.floor((until + japan) / day) - first + 1;
  return Array.from({ length: count }, (_, at) => {
    const name = new Date((first + at) * day * 1000).toISOString().slice(0, 10);
    return known.get(name) ?? { day: name, issued: 0, revoked: 0 };
  });
}
