/** Which of the answers that nobody keeps are linted and verified: all while they are few, some when they are many. */
import type { Clock, UnixTime } from '../ca-core/clock.ts';

export interface Sample {
  /** Whether the next one shall be checked. */
  readonly isNext: () => boolean;
  /** The same, and counts it. */
  readonly take: () => boolean;
}

/** Checking costs four times what signing does; so many take a hundredth of a core. */
const mostPerSecond = 64;

/** The first ones of each second: a signer that has gone wrong is seen at once, however many ask. */
export function openSample(clock: Clock): Sample {
  let second: UnixTime = 0;
  let taken = 0;
  const isNext = (): boolean => {
    const now = clock.now();
    if (now !== second) taken = 0;
    second = now;
    return taken < mostPerSecond;
  };
  return {
    isNext,
    take: () => {
      const isChosen = isNext();
      if (isChosen) taken++;
      return isChosen;
    },
  };
}
