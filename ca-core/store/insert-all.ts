import type { Knex } from 'knex';
import { isPostgres } from './database.ts';

/** So many rows go in one statement: a list of each column's values on PostgreSQL. */
const rowsOnPostgres = 5_000;

/** Inserts many rows of one shape, whose columns the first one names. */
export async function insertAll(transaction: Knex, table: string, rows: readonly object[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const into = `insert into "${table}" (${columns.map(column => `"${column}"`).join(', ')})`;
  const values = rows.map(row => columns.map(column => (row as Readonly<Record<string, unknown>>)[column] ?? null));
  if (!isPostgres(transaction)) {
    // One short statement, prepared once, run for each row without the way through the query builder (sqlite.ts).
    await transaction.raw(`${into} values (${columns.map(() => '?').join(', ')})`).options({ rows: values });
    return;
  }
  for (let at = 0; at < values.length; at += rowsOnPostgres) {
    await insertLists(transaction, into, values.slice(at, at + rowsOnPostgres));
  }
}

/** A parameter for each column instead of each value: thousands of them take longer to read than the rows to write. */
async function insertLists(transaction: Knex, into: string, values: readonly (readonly unknown[])[]): Promise<void> {
  const lists = (values[0] ?? []).map((_, column) => values.map(row => row[column]));
  const unnested = lists.map(list => `?::${typeOf(list)}[]`).join(', ');
  await transaction.raw(`${into} select * from unnest(${unnested})`, lists as Knex.RawBinding[]);
}

/** Wider than the column may be: PostgreSQL assigns it to the column's own type. */
function typeOf(list: readonly unknown[]): 'bytea' | 'bigint' | 'text' {
  const value = list.find(one => one !== null);
  if (value instanceof Uint8Array) return 'bytea';
  return typeof value === 'number' ? 'bigint' : 'text';
}
