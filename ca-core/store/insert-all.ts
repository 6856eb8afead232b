import type { Knex } from 'knex';

/** Inserts many rows of one shape, in statements small enough for every database. */
export async function insertAll(transaction: Knex, table: string, rows: readonly object[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 100) await transaction(table).insert(rows.slice(at, at + 100));
}
