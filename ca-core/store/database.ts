/** The one way to open the database (design §1): one setting says whether it is a SQLite file or PostgreSQL. */
import type { Knex } from 'knex';
import { isPostgresUrl, openPostgres } from './postgresql.ts';
import { openSqlite } from './sqlite.ts';

/** Opens a SQLite file (made where there is none) or a `postgres://` URL. Close it with `destroy()`. */
export function openDatabase(location: string): Knex {
  return isPostgresUrl(location) ? openPostgres(location) : openSqlite(location);
}

/** Which of the two a database, or a transaction in it, belongs to. */
export function isPostgres(database: Knex): boolean {
  return (database.client as { readonly dialect: string }).dialect === 'postgresql';
}

/**
 * A transaction whose own statements lock every row they decide by (`FOR UPDATE SKIP LOCKED`, conditional updates, unique
 * keys), so that READ COMMITTED is enough and nothing has to be done again. On SQLite one writes at a time anyway.
 */
export function lockingTransaction<T>(database: Knex, work: (transaction: Knex.Transaction) => Promise<T>): Promise<T> {
  return isPostgres(database)
    ? database.transaction(work, { isolationLevel: 'read committed' })
    : database.transaction(work);
}

export interface Migration {
  readonly name: string;
  readonly up: (knex: Knex) => Promise<void>;
  readonly down: (knex: Knex) => Promise<void>;
}

/** Runs what is new of a folder's migrations, in order; `table` remembers which ran. */
export async function migrate(database: Knex, table: string, migrations: readonly Migration[]): Promise<void> {
  const config: Knex.MigratorConfig = {
    tableName: table,
    migrationSource: {
      getMigrations: () => Promise.resolve([...migrations]),
      getMigrationName: (migration: Migration) => migration.name,
      getMigration: (migration: Migration) => Promise.resolve(migration),
    },
  };
  // A migration that was killed leaves knex's lock behind; each runs in a transaction, so nothing else is left.
  await database.migrate.forceFreeMigrationsLock(config);
  await database.migrate.latest(config);
}
