/** What programs that this one started take of the machine, by the kernel's account (/proc). */
import { readdirSync, readFileSync } from 'node:fs';

export interface Taken {
  /** Octets of memory, what programs share counted once for each. */
  readonly resident: number;
  /** Octets of memory, what programs share divided among them. */
  readonly proportional: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** Of all threads together, with what children that ended took. */
  readonly cpuSeconds: number;
}

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

const ticksPerSecond = 100;

/** Sums over every program started by this one whose command line matches, and over those it started. */
export function takenBy(command: RegExp): Taken {
  const all = running();
  const below = treeOf(all, new Set([process.pid])).filter(({ pid }) => pid !== process.pid);
  const first = new Set(below.filter(one => command.test(one.command)).map(({ pid }) => pid));
  const each = treeOf(all, first).map(({ pid }) => takenByOne(pid));
  const sum = (of: keyof Taken): number => each.reduce((total, one) => total + one[of], 0);
  return {
    resident: sum('resident'),
    proportional: sum('proportional'),
    descriptors: sum('descriptors'),
    cpuSeconds: sum('cpuSeconds'),
  };
}

/** Ids of the programs below this one whose command line matches. */
export function pidsOf(command: RegExp): number[] {
  const below = treeOf(running(), new Set([process.pid]));
  return below.filter(one => one.pid !== process.pid && command.test(one.command)).map(({ pid }) => pid);
}

/** The programs of `first` and all below them. */
function treeOf(all: readonly Running[], first: ReadonlySet<number>): Running[] {
  const found = new Set(first);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return all.filter(({ pid }) => found.has(pid));
}

function running(): Running[] {
  return readdirSync('/proc').flatMap(name => {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? statOf(pid) : undefined;
    if (stat === undefined) return [];
    return [{ pid, parent: Number(stat[1]), command: readOr(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }];
  });
}

function takenByOne(pid: number): Taken {
  const stat = statOf(pid) ?? [];
  // utime, stime, cutime, cstime: fields 14 to 17 (proc_pid_stat(5)), of which the first two were cut off.
  const ticks = stat.slice(11, 15).reduce((sum, one) => sum + Number(one), 0);
  const memory = readOr(`/proc/${pid}/smaps_rollup`);
  return {
    resident: kilobytes(memory, 'Rss'),
    proportional: kilobytes(memory, 'Pss'),
    descriptors: descriptorsOf(pid),
    cpuSeconds: ticks / ticksPerSecond,
  };
}

/** The fields after the program's name, which may have spaces: state, parent, … */
function statOf(pid: number): string[] | undefined {
  const text = readOr(`/proc/${pid}/stat`);
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function kilobytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1_024;
}

function descriptorsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
}

/** Nothing of a program that has just ended. */
function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
