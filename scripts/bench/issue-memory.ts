import { placeApprovedOrders } from './approved-orders.ts';
import type { BenchWish, Figure, Measured } from './figure.ts';
import { refuseRefusals, untilLeft } from './open-orders.ts';
import { onIssueGround, type IssueGround } from './issue-ground.ts';
import { plantProbes, type Probes } from './probed.ts';
import { takenBy } from './running.ts';

const steps = 10;
/** By then everything that is loaded once has been. */
const settled = 2;
const megabyte = 1e6;

/** What the CA core keeps in memory when it has issued more and more. */
export const memoryFigure: Figure = {
  name: 'issue.memory',
  meaning: `memory of the CA core after 100,000 certificates in ${steps} steps, beside what it was after ${settled} of them`,
  measure: wish =>
    onIssueGround({ database: 'sqlite', keys: 'file', algorithm: 'p-256' }, wish, async ground => {
      const probes = plantProbes(ground.settings.home);
      try {
        return linesOf(await measure(ground, probes, wish));
      } finally {
        probes.end();
      }
    }),
};

interface Step {
  readonly certificates: number;
  /** MB, of all its programs. */
  readonly resident: number;
  /** MB that are left of heap and buffers after a collection. */
  readonly live: number;
}

async function measure(ground: IssueGround, probes: Probes, { count = 100_000 }: BenchWish): Promise<readonly Step[]> {
  const caCore = ground.launch('ca-core');
  try {
    await caCore.ready;
    const found: Step[] = [];
    for (let step = 1; step <= steps; step++) {
      await placeApprovedOrders({ ...ground, count: Math.ceil(count / steps) });
      await untilLeft(ground, 0);
      found.push(await look(probes, Math.ceil(count / steps) * step));
      console.error(`  ${wordsOf(found.slice(-1))}`);
    }
    await refuseRefusals(ground);
    return found;
  } finally {
    await caCore.end();
  }
}

async function look(probes: Probes, certificates: number): Promise<Step> {
  const { resident } = takenBy(/ca-core\/main\.js/);
  const live = (await probes.ask('live')).reduce((sum, answer) => sum + (answer.live ?? 0), 0);
  return { certificates, resident: resident / megabyte, live: live / megabyte };
}

function linesOf(found: readonly Step[]): readonly Measured[] {
  const [early, last] = [found[settled - 1], found.at(-1)];
  if (early === undefined || last === undefined) throw new Error('Nothing was issued.');
  const each = ((last.live - early.live) * megabyte) / Math.max(1, last.certificates - early.certificates);
  const common = { unit: 'MB', against: `after ${early.certificates} certificates` };
  const notes = [wordsOf(found), `each certificate leaves ${Math.round(each)} octets alive`];
  return [
    {
      ...common,
      name: 'issue.memory',
      rounds: [{ value: last.resident, yardstick: early.resident }],
      bound: { of: 'ratio', at: 'most', limit: 1.1 },
      notes,
    },
    { ...common, name: 'issue.memory.live', rounds: [{ value: last.live, yardstick: early.live }] },
  ];
}

const wordsOf = (found: readonly Step[]): string =>
  found.map(one => `${one.certificates}: ${one.resident.toFixed(0)} MB (${one.live.toFixed(1)} alive)`).join(' · ');
