/** Kills one service at a time, at moments that nobody chose, and waits until it is back. */
import { setTimeout as pause } from 'node:timers/promises';
import { pidsOf } from '../../../scripts/bench/running.ts';
import { serviceNames, type ServiceName } from '../../../scripts/settings.ts';

export interface KillerParts {
  /** What the platform has said so far, a line each. */
  readonly lines: readonly string[];
  /** Milliseconds from one that is back to the next, at most. */
  readonly longestRest: number;
  readonly signal: AbortSignal;
}

/** How often each was killed. Throws when one is not back within a minute. */
export async function killOneByOne({ lines, longestRest, signal }: KillerParts): Promise<Map<ServiceName, number>> {
  const killed = new Map<ServiceName, number>(serviceNames.map(name => [name, 0]));
  for (;;) {
    await pause(Math.random() * longestRest, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return killed;
    const name = serviceNames[Math.floor(Math.random() * serviceNames.length)] ?? 'ca-core';
    const told = lines.length;
    const pids = pidsOf(new RegExp(`dist/${name}/main\\.js`));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    killed.set(name, (killed.get(name) ?? 0) + 1);
    await untilSaid(lines, told, `${name} is back.`);
  }
}

async function untilSaid(lines: readonly string[], from: number, words: string): Promise<void> {
  for (let turn = 0; turn < 600; turn += 1) {
    if (lines.slice(from).some(line => line.includes(words))) return;
    await pause(100);
  }
  throw new Error(`Nobody said within a minute: ${words}\n${lines.slice(from).join('\n')}`);
}
