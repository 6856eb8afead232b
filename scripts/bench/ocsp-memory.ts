/** What a certificate takes of the responder: memory of all its programs, and the files that they read answers from. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measured } from './figure.ts';
import { withResponder, type ResponderGround } from './ocsp-ground.ts';
import { plantProbes, type Probes } from './probed.ts';
import { takenBy } from './running.ts';

const few = 100;

interface Look {
  /** Octets that are left of heaps and buffers after a collection. */
  readonly live: number;
  readonly resident: number;
  /** Octets of the files with statuses, and with answers. */
  readonly statuses: number;
  readonly answers: number;
}

/** Looks at a responder that was started while the watch is open. */
export interface MemoryWatch {
  /** `ready`: knows its certificates; `prepared`: has signed their answers beforehand. */
  readonly look: (at: 'ready' | 'prepared', ground: Pick<ResponderGround, 'folder'>) => Promise<void>;
  /** Octets for each certificate: with its status alone, and with its answers. */
  readonly lines: () => readonly Measured[];
}

/** Beside a responder that knows few certificates, which is looked at first. */
export async function watchingMemory<T>(
  { name, certificates }: { readonly name: string; readonly certificates: number },
  work: (watch: MemoryWatch) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-bench-memory-'));
  const probes = plantProbes(folder);
  try {
    const base = await looksAtFew(probes);
    const full = new Map<'ready' | 'prepared', Look>();
    return await work({
      look: async (at, ground) => void full.set(at, await lookAt(ground, probes)),
      lines: () => {
        const [ready, prepared] = [full.get('ready'), full.get('prepared')];
        if (ready === undefined || prepared === undefined) throw new Error('The responder was not looked at.');
        return linesOf(name, { base, full: { ready, prepared }, count: certificates - few });
      },
    });
  } finally {
    probes.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Looks {
  readonly ready: Look;
  readonly prepared: Look;
}

function linesOf(
  name: string,
  { base, full, count }: { readonly base: Looks; readonly full: Looks; readonly count: number },
): readonly Measured[] {
  const each = (at: keyof Looks, of: keyof Look): number => (full[at][of] - base[at][of]) / count;
  const [status, file] = [each('ready', 'live'), each('ready', 'statuses')];
  const [memory, answers] = [each('prepared', 'live'), each('prepared', 'answers')];
  const resident = each('prepared', 'resident').toFixed(1);
  const common = { unit: 'octets', against: 'none' };
  return [
    {
      ...common,
      name: `${name}.status-memory`,
      rounds: [{ value: status, yardstick: null }],
      bound: { of: 'value', at: 'most', aim: 64 },
      notes: [`in the memory of all its programs; the status file on the disk: ${file.toFixed(1)}`],
    },
    {
      ...common,
      name: `${name}.memory`,
      rounds: [{ value: memory + answers, yardstick: null }],
      bound: { of: 'value', at: 'most', aim: 1_200 },
      notes: [`${memory.toFixed(1)} in memory (resident: ${resident}), ${answers.toFixed(1)} in answer files`],
    },
  ];
}

function looksAtFew(probes: Probes): Promise<Looks> {
  return withResponder({ certificates: few, key: 'p-256' }, async ground => {
    const ready = await lookAt(ground, probes);
    await ground.prepared();
    return { ready, prepared: await lookAt(ground, probes) };
  });
}

async function lookAt({ folder }: Pick<ResponderGround, 'folder'>, probes: Probes): Promise<Look> {
  const home = join(folder, 'responder');
  const answers = (await probes.ask('live')).filter(({ program }) => program.includes('ocsp-responder'));
  const live = answers.reduce((sum, answer) => sum + (answer.live ?? 0), 0);
  const { resident } = takenBy(/ocsp-responder\/main\.js/);
  return { live, resident, statuses: statSync(join(home, 'status.map')).size, answers: sizeOf(join(home, 'answers')) };
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
