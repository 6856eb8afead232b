/**
 * Rides in each thread of a program that is measured (`node --import`), does what a file in KAKUIN_BENCH_PROBE asks for, and
 * writes what it found beside it. It changes nothing of what the program does.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { threadId } from 'node:worker_threads';
import type { ProbeAnswer, ProbeWish } from './probed.ts';

const folder = process.env.KAKUIN_BENCH_PROBE;
const lookEvery = 50;
let last = 0;
let session: Session | undefined;

if (folder !== undefined) setInterval(() => void look(folder).catch(() => undefined), lookEvery).unref();

async function look(place: string): Promise<void> {
  const { number, wish } = readWish(place);
  if (number <= last) return;
  last = number;
  const answer = JSON.stringify({ ...(await answerTo(wish)), program: process.argv[1] ?? '' });
  const path = join(place, `answer-${number}-${process.pid}-${threadId}.json`);
  writeFileSync(`${path}.new`, answer);
  renameSync(`${path}.new`, path);
}

function readWish(place: string): { readonly number: number; readonly wish: ProbeWish } {
  try {
    return JSON.parse(readFileSync(join(place, 'wish'), 'utf8')) as { number: number; wish: ProbeWish };
  } catch {
    return { number: 0, wish: 'live' };
  }
}

async function answerTo(wish: ProbeWish): Promise<Omit<ProbeAnswer, 'program'>> {
  switch (wish) {
    case 'live':
      return { live: liveOctets() };
    case 'profile':
      session = new Session();
      session.connect();
      await session.post('Profiler.enable');
      await session.post('Profiler.setSamplingInterval', { interval: 500 });
      await session.post('Profiler.start');
      return {};
    case 'stop': {
      const { profile } = (await session?.post('Profiler.stop')) ?? {};
      session?.disconnect();
      session = undefined;
      return profile === undefined ? {} : { profile };
    }
  }
}

/** What is left after a collection, on the heap and outside. Threads have heaps of their own. */
function liveOctets(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
