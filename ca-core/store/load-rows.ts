/** Putting a snapshot's rows back into tables of the same migrations (snapshot.ts). */
import type { Knex } from 'knex';
import { isPostgres } from './database.ts';
import { insertAll } from './insert-all.ts';
import { tablesOf, type TableSnapshot } from './snapshot.ts';

/** Whether no table has a row, but for what migrations put in. */
export async function holdsNothing(database: Knex): Promise<boolean> {
  const tables = (await tablesOf(database)).filter(name => !/_migrations(_lock)?$|leases$|^followed_logs$/.test(name));
  for (const table of tables) if ((await database(table).first<object | undefined>()) !== undefined) return false;
  return true;
}

/** Takes out what migrations put in; those that refer to others first. */
export async function emptyTables(database: Knex, tables: readonly string[]): Promise<void> {
  for (const table of tables.toReversed()) await database(table).delete();
}

export async function loadRows(database: Knex, table: string, { columns, rows }: TableSnapshot): Promise<void> {
  const named = rows.map(row => Object.fromEntries(columns.map((column, at) => [column, asBound(row[at])])));
  if (isPostgres(database)) await database.batchInsert(table, named, Math.floor(mostParameters / columns.length));
  else await insertAll(database, table, named);
}

/** PostgreSQL takes 65,535; insertAll's lists would ask each column's type of its values, which may all be null. */
const mostParameters = 20_000;

const asBound = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);

/** Numbers that rows draw by themselves go on after the highest; SQLite does so by itself. */
export async function settleSequences(database: Knex): Promise<void> {
  if (!isPostgres(database)) return;
  const { rows } = await database.raw<{ rows: { table_name: string; column_name: string }[] }>(
    `SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_default LIKE 'nextval%'`,
  );
  for (const { table_name: table, column_name: column } of rows)
    await database.raw(
      'SELECT setval(pg_get_serial_sequence(?, ?), coalesce((SELECT max(??) FROM ??), 0) + 1, false)',
      [table, column, column, table],
    );
}

/** CRLs of the issuing CAs: an old one is not to come out again; the CA core makes the next under a higher number. */
export async function dropIssuedCrls(database: Knex): Promise<void> {
  const issuing = database('issuers').where({ role: 'issuing' }).select('id');
  await database('crls').whereIn('issuer', issuing).delete();
  await database('crl_parts').whereIn('issuer', issuing).delete();
}
