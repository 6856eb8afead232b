import { PkiError } from '../../ca-core/errors.ts';

export interface Turns {
  readonly atOnce: number;
  /** How many may wait. */
  readonly waiting: number;
}

/** Lets so many through at a time, in the order in which they came. Throws uploadsBusy where too many wait already. */
export function openTurnstile({ atOnce, waiting }: Turns): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let inside = 0;
  const enter = async (): Promise<void> => {
    if (inside < atOnce) inside += 1;
    else if (queue.length >= waiting) throw new PkiError('uploadsBusy');
    else await new Promise<void>(resolve => queue.push(resolve));
  };
  const leave = (): void => {
    const next = queue.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return async work => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
