import type { Knex } from 'knex';
import { isPostgres } from './database.ts';

/** PostgreSQL takes 65,535 parameters in a statement; SQLite's dialect of knex makes a SELECT of each row, at most 500. */
const parameters = 60_000;
const rowsOnSqlite = 100;

/** Inserts many rows of one shape, in statements small enough for the database. */
export async function insertAll(transaction: Knex, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).length;
  const size = isPostgres(transaction) ? Math.floor(parameters / Math.max(columns, 1)) : rowsOnSqlite;
  for (let at = 0; at < rows.length; at += size) await transaction(table).insert(rows.slice(at, at + size));
}
