import { setTimeout as pause } from 'node:timers/promises';

export interface Rounds {
  /** Resolves when the last round has ended. */
  readonly stop: () => Promise<void>;
}

/**
 * Does `round` again and again with a pause of `seconds`, never twice at once; a round that fails is told to
 * `failed`, the same failure once, and the next one comes.
 */
export function repeat(round: () => Promise<void>, seconds: number, failed: (error: unknown) => void): Rounds {
  const stopping = new AbortController();
  const { signal } = stopping;
  const turning = (async () => {
    let told = '';
    while (!signal.aborted) {
      const failure = await round().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      const text = failure === undefined ? '' : String(failure.error);
      if (failure !== undefined && text !== told) failed(failure.error);
      told = text;
      await pause(seconds * 1_000, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return turning;
    },
  };
}
