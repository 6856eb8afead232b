/** When people are called: once when a reading has turned red and stayed so, again while it stays, once when it is over. */
import { randomUUID } from 'node:crypto';
import type { UnixTime } from '../ca-core/clock.ts';
import type { Alert, JudgedReading, ReadingName } from '../ca-core/index.ts';

/** What is red, and whether people know. */
export interface RedReading {
  readonly name: ReadingName;
  readonly subject: string;
  readonly since: UnixTime;
  /** When people were last called; null before the first time. */
  readonly toldAt: UnixTime | null;
}

export interface AlertRules {
  /** A reading that is red for less than this calls nobody, seconds. */
  readonly alertAfter: number;
  readonly remindAfter: number;
}

export interface Raised {
  readonly red: readonly RedReading[];
  readonly alerts: readonly Alert[];
}

/**
 * What is red after these readings, and what is to be told. A reading that is not among them stays as it was, but one that
 * nobody could tell of anything by name: it is over once it is told of each.
 */
export function raiseAlerts(
  before: readonly RedReading[],
  readings: readonly JudgedReading[],
  { now, ...rules }: AlertRules & { readonly now: UnixTime },
): Raised {
  const alerts: Alert[] = [];
  const over = before
    .filter(one => isToldOfEach(one, readings))
    .map(one => ({ ...one, value: null, light: 'green' as const }));
  const current = [...readings, ...over];
  const seen = new Set(current.map(keyOf));
  const red = before.filter(one => !seen.has(keyOf(one)));
  for (const reading of current) {
    const known = before.find(one => keyOf(one) === keyOf(reading));
    if (reading.light === 'red') {
      const next = known ?? { name: reading.name, subject: reading.subject, since: now, toldAt: null };
      const isDue = isToBeTold(next, now, rules);
      if (isDue)
        alerts.push(alertOf(reading, { known: next, now, cause: next.toldAt === null ? 'change' : 'reminder' }));
      red.push(isDue ? { ...next, toldAt: now } : next);
    } else if (known !== undefined && known.toldAt !== null) {
      alerts.push(alertOf(reading, { known: { ...known, since: now }, now, cause: 'change' }));
    }
  }
  return { red, alerts };
}

const isToldOfEach = ({ name, subject }: RedReading, readings: readonly JudgedReading[]): boolean => {
  const namesakes = readings.filter(one => one.name === name);
  return subject === '' && namesakes.length > 0 && namesakes.every(one => one.subject !== '');
};

const keyOf = ({ name, subject }: { readonly name: string; readonly subject: string }): string => `${name} ${subject}`;

function isToBeTold({ since, toldAt }: RedReading, now: UnixTime, { alertAfter, remindAfter }: AlertRules): boolean {
  return toldAt === null ? now - since >= alertAfter : now - toldAt >= remindAfter;
}

type Told = Pick<JudgedReading, 'name' | 'subject' | 'value' | 'light'>;

interface Occasion {
  readonly known: RedReading;
  readonly now: UnixTime;
  readonly cause: Alert['cause'];
}

const alertOf = ({ name, subject, value, light }: Told, { known, now, cause }: Occasion): Alert => ({
  id: randomUUID(),
  reading: name,
  subject,
  state: light === 'red' ? 'red' : 'green',
  cause,
  value,
  since: known.since,
  raisedAt: now,
});
