import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { openWakeUps } from '../../ca-core/store/wake.ts';

it('wakes whoever rests beside a SQLite file when another connection committed, also before the rest', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'kakuin-')), 'kakuin.db');
  const [database, other] = [openDatabase(file), openDatabase(file)];
  await migrateCa(database);
  const { crls } = openStore(other);
  const wakeUps = openWakeUps(file, database);
  const { signal } = new AbortController();
  const timed = async (milliseconds: number): Promise<number> => {
    const from = performance.now();
    await wakeUps.rest(milliseconds, signal);
    return performance.now() - from;
  };
  await timed(100);
  expect(await timed(200)).toBeGreaterThan(190);
  await openStore(database).crls.order('ca', 'of its own', 1);
  expect(await timed(200)).toBeGreaterThan(190);
  const resting = timed(20_000);
  await crls.order('ca', 'a test', 1);
  expect(await resting).toBeLessThan(5_000);
  await crls.order('ca', 'a test', 1);
  await pause(50);
  expect(await timed(20_000)).toBeLessThan(5_000);
  await wakeUps.rest(20_000, AbortSignal.timeout(50));
  await wakeUps.close();
  await other.destroy();
  await database.destroy();
});
