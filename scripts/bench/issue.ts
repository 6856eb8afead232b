import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../ca-core/index.ts';
import { placeApprovedOrders } from './approved-orders.ts';
import type { Figure, Round } from './figure.ts';
import { openGround, type Ground } from './ground.ts';
import { signAndVerifyPerSecond } from './sign-yardstick.ts';

const ordersPerRound = 3_000;

/** Certificates per second that ca-core's own main makes of approved orders, from its start until the last is issued. */
export const issueFigure: Figure = {
  name: 'issue.p256.sqlite',
  unit: 'certificates/s',
  against: 'P-256 sign+verify per second, one thread',
  measure: async rounds => {
    const ground = await openGround();
    try {
      const measured: Round[] = [];
      while (measured.length < rounds) measured.push(await measureRound(ground));
      return measured;
    } finally {
      await ground.close();
    }
  },
};

async function measureRound(ground: Ground): Promise<Round> {
  await placeApprovedOrders({ ...ground, count: ordersPerRound });
  const yardstick = signAndVerifyPerSecond();
  const seconds = await issueAll(ground);
  return { value: ordersPerRound / seconds, yardstick };
}

/** Seconds that the CA core takes, once it is ready, to close every order. Throws when it refuses one. */
export async function issueAll({ launch, database }: Pick<Ground, 'launch' | 'database'>): Promise<number> {
  const caCore = launch('ca-core');
  try {
    await caCore.ready;
    const start = performance.now();
    const { orders, status } = openStore(database);
    while ((await orders.waiting()) > 0) await pause(50);
    const seconds = (performance.now() - start) / 1000;
    if ((await status.lastSeq()) === 0) throw new Error('The CA core refused every order.');
    return seconds;
  } finally {
    await caCore.end();
  }
}
