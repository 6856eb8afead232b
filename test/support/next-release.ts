/**
 * A migration of a release to come, made to be killed: `node … DATABASE [hold]` adds a column to the certificates, fills
 * it and indexes it. With `hold` it says `filling` in the middle of that and waits for ever.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import { caTables } from '../../ca-core/store/migrate-ca.ts';
import { migrate, type Migration } from '../../ca-core/store/migrate.ts';
import { openDatabase } from '../../ca-core/store/database.ts';

const [, , location = '', wish] = process.argv;

const fill = async (knex: Knex): Promise<void> => {
  await knex('certificates').update({ colour: 'vermilion' });
  if (wish !== 'hold') return;
  process.stdout.write('filling\n');
  for (;;) await pause(60_000);
};
const down = (): Promise<void> => Promise.resolve();
const further: readonly Migration[] = [
  { name: '9001-colour', up: knex => knex.schema.alterTable('certificates', table => void table.text('colour')), down },
  { name: '9002-fill', up: fill, down },
  { name: '9003-index', up: knex => knex.schema.alterTable('certificates', table => void table.index('colour')), down },
];

const database = openDatabase(location);
const taken = await migrate(database, { ...caTables, migrations: [...caTables.migrations, ...further] });
process.stdout.write(`${taken.join(' ')}\n`);
await database.destroy();
