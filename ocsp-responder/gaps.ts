/**
 * Which change numbers were not there yet when higher ones were. A transaction takes its number before it commits, so
 * a lower one may appear later; one that was rolled back never does, and is given up after a while.
 */
import type { UnixTime } from '../ca-core/clock.ts';

export interface Gap {
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  readonly since: UnixTime;
}

export interface Gaps {
  /** The highest number seen. */
  readonly newest: () => number;
  /** Those worth another look at this time. */
  readonly open: (at: UnixTime) => readonly Gap[];
  /** These numbers, in ascending order, have been seen. */
  readonly note: (numbers: readonly number[], at: UnixTime) => void;
  /** Up to which number nothing can be missing once these are noted: where to begin after a restart. */
  readonly safeAfter: (numbers: readonly number[], at: UnixTime) => number;
}

/** No transaction of the CA core is open for longer. */
const patience = 60;

/** `seen`: up to which number everything is known. */
export function openGaps(seen: number): Gaps {
  let newest = seen;
  let gaps: readonly Gap[] = [];
  const isOpen = (gap: Gap, at: UnixTime): boolean => at < gap.since + patience;
  const after = (numbers: readonly number[], at: UnixTime): { gaps: readonly Gap[]; newest: number } => {
    const present = new Set(numbers);
    const left = gaps.filter(gap => isOpen(gap, at)).flatMap(gap => without(gap, present));
    let last = newest;
    for (const number of numbers) {
      if (number > last + 1) left.push({ from: last + 1, to: number - 1, since: at });
      last = Math.max(last, number);
    }
    return { gaps: left, newest: last };
  };
  return {
    newest: () => newest,
    open: at => gaps.filter(gap => isOpen(gap, at)),
    note: (numbers, at) => ({ gaps, newest } = after(numbers, at)),
    safeAfter: (numbers, at) => {
      const then = after(numbers, at);
      return Math.min(then.newest, ...then.gaps.map(({ from }) => from - 1));
    },
  };
}

function without(gap: Gap, present: ReadonlySet<number>): Gap[] {
  const left: Gap[] = [];
  let { from } = gap;
  for (let number = gap.from; number <= gap.to; number++) {
    if (!present.has(number)) continue;
    if (number > from) left.push({ ...gap, from, to: number - 1 });
    from = number + 1;
  }
  if (from <= gap.to) left.push({ ...gap, from });
  return left;
}
