/** A statement that fails is told without the values that it had, by the log, too: they may be names, codes, links. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog } from '../../ca-core/log.ts';
import { openDatabase } from '../../ca-core/index.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';

const secret = 'code-4711-for-taro';
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.end());

async function toldOfFailures(location: string): Promise<string> {
  const database = openDatabase(location);
  const lines: string[] = [];
  const log = openLog('test', { write: line => void lines.push(line) });
  await database.schema.createTable('letters', table => table.string('body', 40).primary());
  await database('letters').insert({ body: secret });
  const failing = [
    () => database('letters').insert({ body: secret }),
    () => database('letters').insert({ body: secret, to: secret }),
    () => database('nowhere').where({ body: secret }),
    () => database.raw('select ? from nowhere', [secret]),
    () =>
      database.transaction(async trx => {
        await trx('letters').insert({ body: secret });
      }),
  ];
  for (const fail of failing)
    await fail().then(
      () => undefined,
      (err: unknown) => log.error({ err }, 'it failed'),
    );
  await database.destroy();
  expect(lines).toHaveLength(failing.length);
  return lines.join('');
}

describe('a statement that fails', () => {
  it('is told without its values, on SQLite', async () => {
    const told = await toldOfFailures(':memory:');
    expect(told).toContain('SQLITE_CONSTRAINT');
    expect(told).toContain('insert into `letters`');
    expect(told).not.toContain(secret);
  });

  it('is told without its values, on PostgreSQL', async () => {
    const told = await toldOfFailures(await server.database());
    expect(told).toContain('23505');
    expect(told).not.toContain(secret);
  });
});
