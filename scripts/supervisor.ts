import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { launch, type Launched } from './launch.ts';
import type { ServiceName, Settings } from './settings.ts';

/** One service as a program of its own, kept running until `stop`. */
export interface Supervised {
  readonly name: ServiceName;
  /** Resolves when the service was first ready; rejects with its own last words when it ends before. */
  readonly ready: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface Supervision {
  readonly name: ServiceName;
  readonly settings: Settings;
  /** Folder for NAME.log, which takes what the service prints. */
  readonly logs: string;
  /** Told in a line what happens after the service was first ready. */
  readonly say: (line: string) => void;
}

const firstPause = 500;
const longestPause = 30_000;
/** A service that ran for this long was well: its next pause is the first again. */
const wellAfter = 60_000;

/** Starts a service; once it was ready, restarts it with growing pauses whenever it ends unasked. */
export function supervise(supervision: Supervision): Supervised {
  const { name, settings, logs, say } = supervision;
  const log = createWriteStream(join(logs, `${name}.log`), { flags: 'a', mode: 0o600 });
  const stopping = new AbortController();
  let current = launch(name, settings, log);

  const relaunch = (): Launched => {
    current = launch(name, settings, log);
    current.ready.then(
      () => say(`${name} is back.`),
      () => undefined,
    );
    return current;
  };
  const kept = current.ready.then(
    () => keepRunning({ name, first: current, relaunch, say, stopping: stopping.signal }),
    () => undefined,
  );
  const stop = async (): Promise<void> => {
    stopping.abort();
    await current.end();
    await kept;
    await new Promise<void>(resolve => log.end(resolve));
  };
  return { name, ready: current.ready, stop };
}

interface Keeping {
  readonly name: ServiceName;
  readonly first: Launched;
  readonly relaunch: () => Launched;
  readonly say: (line: string) => void;
  readonly stopping: AbortSignal;
}

async function keepRunning({ name, first, relaunch, say, stopping }: Keeping): Promise<void> {
  let nextPause = firstPause;
  let current = first;
  for (;;) {
    const startedAt = performance.now();
    const ending = await current.ended;
    if (stopping.aborted) return;
    if (performance.now() - startedAt > wellAfter) nextPause = firstPause;
    say(`${name} ${ending}; starting it again in ${nextPause / 1000} s.`);
    await pause(nextPause, undefined, { signal: stopping }).catch(() => undefined);
    if (wasStopped(stopping)) return;
    current = relaunch();
    nextPause = Math.min(nextPause * 2, longestPause);
  }
}

/** Asked anew after a pause; the compiler would remember the answer from before. */
function wasStopped(signal: AbortSignal): boolean {
  return signal.aborted;
}
