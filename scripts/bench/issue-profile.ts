/** Where the time of a certificate goes, told by the CPU profiler in the threads of the CA core itself. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeApprovedOrders } from './approved-orders.ts';
import { selfTimes, type SelfTimes } from './cpu-profile.ts';
import { untilLeft } from './open-orders.ts';
import type { IssueGround } from './issue-ground.ts';
import { plantProbes, type ProbeAnswer, type Probes } from './probed.ts';

export interface ProfileWish {
  readonly count: number;
  /** Keeps the profiles (for a browser's developer tools) and makes the list longer. */
  readonly folder: string | undefined;
}

/** A round of its own, since the profiler takes time too. */
export async function profileNotes(ground: IssueGround, { count, folder }: ProfileWish): Promise<readonly string[]> {
  await placeApprovedOrders({ ...ground, count });
  const probes = plantProbes(ground.settings.home);
  try {
    const { answers, issued } = await profileOf(ground, probes);
    const profiles = answers.flatMap(({ profile }) => (profile === undefined ? [] : [profile]));
    if (folder !== undefined) keep(folder, answers);
    const times = profiles.map(selfTimes).filter(({ busy }) => busy > 0);
    return notesOf(times, Math.max(1, issued), folder === undefined ? 16 : 60);
  } finally {
    probes.end();
  }
}

/** From when the profilers run until the last order is closed. */
async function profileOf(
  ground: IssueGround,
  probes: Probes,
): Promise<{ readonly answers: readonly ProbeAnswer[]; readonly issued: number }> {
  const caCore = ground.launch('ca-core');
  try {
    await caCore.ready;
    await probes.ask('profile');
    const open = await untilLeft(ground, Infinity);
    await untilLeft(ground, 0);
    return { answers: await probes.ask('stop'), issued: open };
  } finally {
    await caCore.end();
  }
}

function keep(folder: string, answers: readonly ProbeAnswer[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [number, { profile }] of answers.entries()) {
    if (profile !== undefined) writeFileSync(join(folder, `${number}.cpuprofile`), JSON.stringify(profile));
  }
}

/** Microseconds per certificate of each source file and package, that what is native counts for whoever called it. */
function notesOf(threads: readonly SelfTimes[], issued: number, most: number): string[] {
  const each = (microseconds: number): string => `${Math.round(microseconds / issued)} µs`;
  const shares = threads.map(({ busy, whole }) => `${Math.round((100 * busy) / whole)} %`).join(', ');
  const total = new Map<string, number>();
  for (const { places } of threads) {
    for (const [place, time] of places) total.set(place, (total.get(place) ?? 0) + time);
  }
  const sorted = [...total].sort(([, one], [, other]) => other - one);
  const [shown, rest] = [sorted.slice(0, most), sorted.slice(most)];
  const left = rest.reduce((sum, [, time]) => sum + time, 0);
  const rows = [...shown, ...(left > 0 ? [['everything else', left] as const] : [])];
  return [
    `where it goes (CPU profile of ${issued} certificates, the profiler's own time included; threads busy ${shares}):`,
    ...rows.map(([place, time]) => `${each(time).padStart(9)}  ${place}`),
  ];
}
