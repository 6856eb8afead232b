/** What is made of a clock that jumps: nothing is dated by one that is far ahead, and nothing is over by it. */
import type { UnixTime } from './clock.ts';

export interface ClockWatch {
  /**
   * Looks at the clock; often, so that a step shows. The fault in words where it is further ahead than `limit` seconds
   * of where it was: then nothing is to be dated by it, until it is set right or this program is started again.
   */
  readonly look: (now: UnixTime) => string | undefined;
  /** The time to date by: `now`, or where the clock jumped ahead the last time before it did. */
  readonly credible: (now: UnixTime) => UnixTime;
}

/** Under this name the CA core tells of its clock where the states of all services are seen. */
export const clockWatcher = 'ca-core clock';

const watches = new WeakMap<object, ClockWatch>();

/** The one watch of a CA; a restart begins anew. */
export function watchOf(ca: object, limit: number): ClockWatch {
  const watch = watches.get(ca) ?? watchClock(limit);
  watches.set(ca, watch);
  return watch;
}

export function watchClock(limit: number): ClockWatch {
  let seen: UnixTime | undefined;
  return {
    look: now => {
      if (seen !== undefined && now - seen > limit)
        return `the clock jumped ${now - seen} seconds ahead: set it right, or start this service again if it is right`;
      seen = now;
      return undefined;
    },
    credible: now => (seen !== undefined && now - seen > limit ? seen : now),
  };
}
