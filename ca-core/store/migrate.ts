/** Bringing tables from one release to the next, and knowing of which release they are. */
import type { Knex } from 'knex';
import { PkiError } from '../errors.ts';
import { isPostgres, lockingTransaction, mayPause } from './database.ts';

export interface Migration {
  readonly name: string;
  readonly up: (knex: Knex) => Promise<void>;
  readonly down: (knex: Knex) => Promise<void>;
}

/** The tables of one part of the product, in the steps in which they came to be. */
export interface Tables {
  /** The table that remembers which steps were taken. */
  readonly record: string;
  readonly migrations: readonly Migration[];
}

/** One migrates at a time, whoever else begins meanwhile; PostgreSQL wants a number. */
const turnstile = 7_402_191;

/**
 * Takes the steps that were not taken yet, all in one transaction, so that a kill leaves the tables as they were. Services
 * of the release before may go on meanwhile. Returns the names of the steps. Throws tablesUnfit where the tables
 * are those of a later release.
 */
export async function migrate(database: Knex, tables: Tables): Promise<readonly string[]> {
  if (!isPostgres(database)) return takeSteps(database, tables);
  return lockingTransaction(database, async gate => {
    // It waits, and then only holds the place while others work.
    await mayPause(gate);
    await gate.raw('SELECT pg_advisory_xact_lock(?)', [turnstile]);
    return takeSteps(database, tables);
  });
}

async function takeSteps(database: Knex, { record, migrations }: Tables): Promise<readonly string[]> {
  const config: Knex.MigratorConfig = {
    tableName: record,
    migrationSource: {
      getMigrations: () => Promise.resolve([...migrations]),
      getMigrationName: (migration: Migration) => migration.name,
      getMigration: (migration: Migration) => Promise.resolve(migration),
    },
  };
  const { ahead } = await distance(database, { record, migrations });
  if (ahead.length > 0) throw new PkiError('tablesUnfit', { behind: [], ahead });
  // A migration that was killed leaves knex's lock behind, and nothing else.
  await database.migrate.forceFreeMigrationsLock(config);
  const [, taken] = (await database.migrate.latest(config)) as [number, string[]];
  return taken;
}

/** How far the tables of a database are from those of this release. */
export interface Distance {
  /** Steps of this release that were not taken. */
  readonly behind: readonly string[];
  /** Steps that this release does not know: a later one took them. */
  readonly ahead: readonly string[];
}

async function distance(database: Knex, { record, migrations }: Tables): Promise<Distance> {
  const wanted = migrations.map(({ name }) => name);
  const isThere = await database.schema.hasTable(record);
  const taken: readonly string[] = isThere ? await database(record).orderBy('id').pluck<string[]>('name') : [];
  return {
    behind: wanted.filter(name => !taken.includes(name)),
    ahead: taken.filter(name => !wanted.includes(name)),
  };
}

/**
 * For a service that starts. Throws tablesUnfit where steps are missing: they come with `kakuin database migrate`. Steps of
 * a later release are returned: they only add, so that the release before goes on; who signs refuses them nevertheless.
 */
export async function requireTables(database: Knex, tables: Tables): Promise<readonly string[]> {
  const { behind, ahead } = await distance(database, tables);
  if (behind.length === tables.migrations.length) throw new PkiError('notInitialised');
  if (behind.length > 0) throw new PkiError('tablesUnfit', { behind, ahead });
  return ahead;
}
