import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../ca-core/index.ts';
import { placeApprovedOrders } from './approved-orders.ts';
import { commitTimes } from './commit-yardstick.ts';
import { percentile, type BenchWish, type Figure, type Measured, type Round } from './figure.ts';
import { refuseRefusals, untilLeft } from './open-orders.ts';
import { onIssueGround, type IssueGround, type IssuePlace } from './issue-ground.ts';

/** Milliseconds from the commit of an order to the commit of its certificate, orders coming one at a time. */
export const latencyFigures: readonly Figure[] = [latencyFigure('sqlite', 250), latencyFigure('postgresql', 100)];

function latencyFigure(database: IssuePlace['database'], limit: number): Figure {
  const name = `issue.latency.${database}`;
  return {
    name,
    meaning: 'p99 of order committed → certificate recorded, one at a time, at no regular times; and the median',
    measure: wish =>
      onIssueGround({ database, keys: 'file', algorithm: 'p-256' }, wish, async ground => {
        const { p99, p50 } = await measure(ground, wish);
        const common = { unit: 'ms', against: 'one row committed by the same driver' };
        return [
          { ...common, name, rounds: p99, bound: { of: 'value', at: 'most', limit } },
          { ...common, name: `${name}.p50`, rounds: p50 },
        ] satisfies readonly Measured[];
      }),
  };
}

interface Percentiles {
  readonly p99: readonly Round[];
  readonly p50: readonly Round[];
}

const warmUp = 30;

async function measure(ground: IssueGround, { rounds, count = 300 }: BenchWish): Promise<Percentiles> {
  const caCore = ground.launch('ca-core');
  try {
    await caCore.ready;
    await latencies(ground, Math.min(warmUp, count));
    const found: { p99: Round[]; p50: Round[] } = { p99: [], p50: [] };
    while (found.p99.length < rounds) {
      const bare = await commitTimes(ground, join(ground.settings.home, 'yardstick.db'), count);
      const ours = await latencies(ground, count);
      found.p99.push({ value: percentile(ours, 99), yardstick: percentile(bare, 99) });
      found.p50.push({ value: percentile(ours, 50), yardstick: percentile(bare, 50) });
    }
    return found;
  } finally {
    await caCore.end();
  }
}

/** Milliseconds; longer than the CA core's rest, so that an order finds it wherever it is. */
const longestPause = 700;

async function latencies(ground: IssueGround, count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    await untilLeft(ground, 0);
    await pause(Math.random() * longestPause);
    found.push(await latency(ground));
  }
  await refuseRefusals(ground);
  return found;
}

async function latency(ground: IssueGround): Promise<number> {
  const { orders } = openStore(ground.database);
  let committed = 0;
  const [caseId = ''] = await placeApprovedOrders({
    ...ground,
    count: 1,
    placed: () => (committed = performance.now()),
  });
  while ((await orders.ofCase(caseId))?.state !== 'issued') await pause(1);
  return performance.now() - committed;
}
