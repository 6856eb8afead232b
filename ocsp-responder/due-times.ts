/** When each pre-produced answer is due again and what it was made from: eight octets for each certificate. */
import type { UnixTime } from '../ca-core/clock.ts';

export interface DueTimes {
  /** 0 where there is no answer. */
  readonly at: (slot: number) => UnixTime;
  readonly isDue: (slot: number, moment: { readonly now: UnixTime; readonly reachedAt: UnixTime }) => boolean;
  readonly set: (slot: number, time: { readonly at: UnixTime; readonly thisUpdate: UnixTime }) => void;
  readonly forget: (slot: number) => void;
  /** How many have an answer. */
  readonly ready: () => number;
}

export function openDueTimes(): DueTimes {
  let times = new Uint32Array(2_048);
  let ready = 0;
  const set = (slot: number, at: UnixTime, thisUpdate: UnixTime): void => {
    if (slot * 2 >= times.length) {
      const longer = new Uint32Array(Math.max(times.length * 2, slot * 2 + 2));
      longer.set(times);
      times = longer;
    }
    ready += Number(at !== 0) - Number(times[slot * 2] !== 0);
    times[slot * 2] = at;
    times[slot * 2 + 1] = thisUpdate;
  };
  return {
    at: slot => times[slot * 2] ?? 0,
    // With nothing newer to tell, a new signature would say the same.
    isDue: (slot, { now, reachedAt }) => {
      const at = times[slot * 2] ?? 0;
      return at === 0 || (at <= now && (times[slot * 2 + 1] ?? 0) < reachedAt);
    },
    set: (slot, { at, thisUpdate }) => set(slot, at, thisUpdate),
    forget: slot => set(slot, 0, 0),
    ready: () => ready,
  };
}
