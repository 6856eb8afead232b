import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { openWakeUps } from '../../ca-core/store/wake.ts';
import { describeStore } from '../contracts/store.ts';
import { aPostgres, run } from '../support/postgres.ts';

describeStore('PostgreSQL', async () => openDatabase(await (await aPostgres()).database()));

describe('transactions on PostgreSQL', () => {
  it('begin again when they lose against another, at their commit too', async () => {
    const database = openDatabase(await (await aPostgres()).database());
    await database.schema.createTable('numbers', table => void table.integer('number'));
    let runs = 0;
    const countAndAdd = () =>
      database.transaction(async transaction => {
        runs++;
        const [row] = await transaction<{ number: number }>('numbers').count({ n: '*' });
        await pause(50);
        await transaction('numbers').insert({ number: Number(row?.n) });
      });
    await Promise.all(Array.from({ length: 6 }, countAndAdd));
    expect(await database('numbers').orderBy('number').pluck('number')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(runs).toBeGreaterThan(6);
    await database.destroy();
  });

  it('do not begin again for anything else', async () => {
    const database = openDatabase(await (await aPostgres()).database());
    let runs = 0;
    const failing = database.transaction(async transaction => {
      runs++;
      await transaction.raw('SELECT 1/0');
    });
    await expect(failing).rejects.toThrow('division by zero');
    expect(runs).toBe(1);
    await database.destroy();
  });
});

describe('whoever rests', () => {
  it('is woken by an order at once, also by one that came before, and again after its connection was killed', async () => {
    const url = await (await aPostgres()).database();
    const database = openDatabase(url);
    await migrateCa(database);
    const { crls } = openStore(database);
    const wakeUps = openWakeUps(url, database);
    const { signal } = new AbortController();
    const timed = async (milliseconds: number): Promise<number> => {
      const from = performance.now();
      await wakeUps.rest(milliseconds, signal);
      return performance.now() - from;
    };
    expect(await timed(200)).toBeGreaterThan(190);
    const resting = timed(20_000);
    await crls.order('ca', 'a test', 1);
    expect(await resting).toBeLessThan(5_000);
    await crls.order('ca', 'a test', 1);
    await pause(300);
    expect(await timed(20_000)).toBeLessThan(5_000);
    await run(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
    await timed(100);
    await timed(100);
    const restingAgain = timed(20_000);
    await crls.order('ca', 'a test', 1);
    expect(await restingAgain).toBeLessThan(5_000);
    const stop = AbortSignal.timeout(50);
    await wakeUps.rest(20_000, stop);
    await wakeUps.close();
    await database.destroy();
  });
});
