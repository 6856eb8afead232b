/** Further workers of the same home, as processes of this one: they end with it, and one that ends by itself comes back. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Log } from './log.ts';

export interface Siblings {
  /** Asks each to end and resolves when all are gone. */
  readonly stop: () => Promise<void>;
}

/** The word on the command line by which the program knows that it is one. */
export const sibling = 'sibling';
const pauseMilliseconds = 2_000;

/** Starts so many of `program`. */
export function startSiblings(program: string, count: number, log: Log): Siblings {
  let isStopping = false;
  const running = new Set<ChildProcess>();
  const start = (): void => {
    if (isStopping) return;
    const child = fork(program, [sibling]);
    running.add(child);
    child.once('exit', (code, signal) => {
      running.delete(child);
      if (isStopping) return;
      log.error({ code, signal }, 'a worker ended by itself and is started again');
      setTimeout(start, pauseMilliseconds).unref();
    });
  };
  for (let one = 0; one < count; one++) start();
  return {
    stop: async () => {
      isStopping = true;
      await Promise.all([...running].map(ended));
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
