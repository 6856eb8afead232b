/** What a certificate takes of the responder: memory of all its programs, and the files that they read answers from. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measured } from './figure.ts';
import { withResponder } from './ocsp-ground.ts';
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

/** Octets for each certificate: with its status alone, and when its answers were signed beforehand. */
export async function memoryOf(name: string, certificates: number): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-bench-memory-'));
  const probes = plantProbes(folder);
  try {
    const base = await looksAt(few, probes);
    const full = await looksAt(certificates, probes);
    const each = (octets: number): number => octets / (certificates - few);
    const status = each(full.ready.live - base.ready.live);
    const statusFile = each(full.ready.statuses - base.ready.statuses);
    const memory = each(full.prepared.live - base.prepared.live);
    const answers = each(full.prepared.answers - base.prepared.answers);
    const resident = each(full.prepared.resident - base.prepared.resident);
    const common = { unit: 'octets', against: 'none' };
    return [
      {
        ...common,
        name: `${name}.status-memory`,
        rounds: [{ value: status + statusFile, yardstick: null }],
        bound: { of: 'value', at: 'most', aim: 64 },
        notes: [`${status.toFixed(1)} in the memory of all its programs, ${statusFile.toFixed(1)} in the status file`],
      },
      {
        ...common,
        name: `${name}.memory`,
        rounds: [{ value: memory + statusFile + answers, yardstick: null }],
        bound: { of: 'value', at: 'most', aim: 1_200 },
        notes: [
          `${memory.toFixed(1)} in memory (resident: ${resident.toFixed(1)}), ${answers.toFixed(1)} in answer files`,
        ],
      },
    ];
  } finally {
    probes.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function looksAt(certificates: number, probes: Probes): Promise<{ readonly ready: Look; readonly prepared: Look }> {
  return withResponder({ certificates, key: 'p-256' }, async ground => {
    const home = join(ground.folder, 'responder');
    const ready = await lookAt(home, probes);
    await ground.prepared();
    return { ready, prepared: await lookAt(home, probes) };
  });
}

async function lookAt(home: string, probes: Probes): Promise<Look> {
  const answers = (await probes.ask('live')).filter(({ program }) => program.includes('ocsp-responder'));
  const live = answers.reduce((sum, answer) => sum + (answer.live ?? 0), 0);
  const { resident } = takenBy(/ocsp-responder\/main\.js/);
  return { live, resident, statuses: statSync(join(home, 'status.map')).size, answers: sizeOf(join(home, 'answers')) };
}

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
