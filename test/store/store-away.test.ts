import { expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { isStoreAway } from '../../ca-core/store/store-away.ts';
import { aPostgres } from '../support/postgres.ts';

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(() => undefined).catch((error: unknown) => error);

it('a server that is not there, or is shut down meanwhile, is away; a statement that is wrong is a bug', async () => {
  const nobody = openDatabase('postgres://nobody@127.0.0.1:1/none');
  expect(isStoreAway(await errorOf(nobody.raw('SELECT 1')))).toBe(true);
  await nobody.destroy();
  const database = openDatabase(await (await aPostgres()).database());
  const cut = database.raw('SELECT pg_terminate_backend(pg_backend_pid())');
  expect(isStoreAway(await errorOf(cut))).toBe(true);
  for (const wrong of ['SELECT nothing', 'SELECT 1/0', 'SELEC'])
    expect(isStoreAway(await errorOf(database.raw(wrong)))).toBe(false);
  await database.destroy();
});

it('so is a SQLite file with no room to grow', async () => {
  const database = openDatabase(':memory:');
  await database.raw('CREATE TABLE t (a blob)');
  await database.raw('PRAGMA max_page_count = 2');
  expect(isStoreAway(await errorOf(database.raw('INSERT INTO t VALUES (zeroblob(100000))')))).toBe(true);
  expect(isStoreAway(await errorOf(database.raw('INSERT INTO nowhere VALUES (1)')))).toBe(false);
  await database.destroy();
});
