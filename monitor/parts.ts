import type { Clock } from '../ca-core/clock.ts';
import type { OperationsPolicy, Reading, ReadingName, Store } from '../ca-core/index.ts';
import type { Log } from '../ca-core/log.ts';
import type { MonitorSettings } from './settings.ts';

/** What every look stands on. */
export interface MonitorParts {
  readonly store: Pick<
    Store,
    'alerts' | 'audit' | 'crls' | 'figures' | 'issuers' | 'observations' | 'states' | 'status'
  >;
  readonly settings: MonitorSettings;
  readonly policy: OperationsPolicy;
  readonly clock: Clock;
  readonly log: Log;
}

/** Looks at one thing. Throws where it cannot be looked at, which is told as such. */
export type Look = () => Promise<readonly Reading[]>;

export const reading = (name: ReadingName, subject: string, value: number | null, note = ''): Reading => ({
  name,
  subject,
  value,
  note,
});

/** For how many seconds each of several things has been wrong; 0 where it is not. */
export function watchFaults(clock: Clock): (subject: string, isWrong: boolean) => number {
  const since = new Map<string, number>();
  return (subject, isWrong) => {
    if (!isWrong) {
      since.delete(subject);
      return 0;
    }
    const now = clock.now();
    const first = since.get(subject) ?? now;
    since.set(subject, first);
    // What was seen a moment ago is wrong already.
    return Math.max(1, now - first);
  };
}
