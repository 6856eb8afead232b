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

/** For a transaction that does other things between its statements: PostgreSQL lets it wait as long as it takes. */
export async function mayPause(transaction: Knex): Promise<void> {
  if (isPostgres(transaction)) await transaction.raw('SET LOCAL idle_in_transaction_session_timeout = 0');
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
