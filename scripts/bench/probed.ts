/** Asking the probes that ride in the programs being measured. */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../ca-core/project-root.ts';

/** What is alive in memory; start a CPU profile; stop it and hand it over. */
export type ProbeWish = 'live' | 'profile' | 'stop';

export interface ProbeAnswer {
  /** Path of the program. */
  readonly program: string;
  /** Octets. */
  readonly live?: number;
  readonly profile?: Profiler.Profile;
}

export interface Probes {
  /** What every thread of every program that has a probe answers. */
  readonly ask: (wish: ProbeWish) => Promise<readonly ProbeAnswer[]>;
  /** Programs started from now on have none. */
  readonly end: () => void;
}

const program = pathToFileURL(join(projectRoot, 'dist', 'scripts', 'bench', 'probe.js')).href;
/** No answer for so long: all that will come have come. Work goes on while profiles start. */
const quiet: Readonly<Record<ProbeWish, number>> = { live: 600, profile: 100, stop: 600 };
const longest = 15_000;

/** Programs started from now on carry a probe, in each thread. */
export function plantProbes(home: string): Probes {
  const folder = join(home, 'probe');
  mkdirSync(folder, { recursive: true });
  const before = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = [before, `--import=${program}`].filter(Boolean).join(' ');
  process.env.KAKUIN_BENCH_PROBE = folder;
  let number = 0;
  return {
    ask: async wish => {
      number += 1;
      writeFileSync(join(folder, 'wish.new'), JSON.stringify({ number, wish }));
      renameSync(join(folder, 'wish.new'), join(folder, 'wish'));
      return answersTo(folder, number, quiet[wish]);
    },
    end: () => {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
      delete process.env.KAKUIN_BENCH_PROBE;
    },
  };
}

async function answersTo(folder: string, number: number, silence: number): Promise<readonly ProbeAnswer[]> {
  const ours = new RegExp(`^answer-${number}-.*json$`);
  const start = performance.now();
  let found: string[] = [];
  for (let since = start; performance.now() - since < (found.length === 0 ? longest : silence);) {
    await pause(50);
    const now = readdirSync(folder).filter(name => ours.test(name));
    if (now.length > found.length) since = performance.now();
    found = now;
  }
  return found.map(name => {
    const path = join(folder, name);
    const answer = JSON.parse(readFileSync(path, 'utf8')) as ProbeAnswer;
    rmSync(path);
    return answer;
  });
}
