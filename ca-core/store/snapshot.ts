/** The whole database as it was at one moment, read row by row while everybody goes on writing. */
import type { Knex } from 'knex';
import { isPostgres, mayPause, openDatabase } from './database.ts';

export type ColumnValue = string | number | null | Uint8Array;

export interface TableSnapshot {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly ColumnValue[])[];
}

export interface Snapshot {
  readonly kind: 'sqlite' | 'postgresql';
  /** Names of the migrations that ran, by the table that remembers them. */
  readonly migrations: Readonly<Record<string, readonly string[]>>;
  /** All tables but those of the migrations; none comes before one that it refers to. */
  readonly tables: readonly string[];
  /** The highest CRL number of each issuer that is recorded, by its id. */
  readonly crlNumbers: Readonly<Record<string, number>>;
  /** A table's rows, a few megabytes at a time. */
  readonly rowsOf: (table: string) => AsyncIterable<TableSnapshot>;
}

/** Opens a connection of its own and one transaction that sees a single moment (SQLite: a read transaction in WAL; PostgreSQL: REPEATABLE READ). */
export async function withSnapshot<T>(location: string, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  const database = openDatabase(location);
  try {
    if (isPostgres(database)) {
      const config = { isolationLevel: 'repeatable read', readOnly: true } as const;
      return await database.transaction(async transaction => {
        // Files are read in it, too.
        await mayPause(transaction);
        // Rows that a policy hides would be missing without a word: an account that may not see all of them is refused.
        await transaction.raw('SET LOCAL row_security = off');
        return work(await snapshotOf(transaction, pagesOnPostgres));
      }, config);
    }
    await database.raw('BEGIN DEFERRED');
    try {
      return await work(await snapshotOf(database, pagesOnSqlite));
    } finally {
      await database.raw('ROLLBACK');
    }
  } finally {
    await database.destroy();
  }
}

type Pages = (database: Knex, table: string) => AsyncIterable<readonly Row[]>;
type Row = Readonly<Record<string, unknown>>;

async function snapshotOf(database: Knex, pages: Pages): Promise<Snapshot> {
  const all = await tablesOf(database);
  const migrations: Record<string, readonly string[]> = {};
  for (const table of all.filter(name => name.endsWith('_migrations')))
    migrations[table] = await database<{ name: string; id: number }>(table).orderBy('id').pluck('name');
  const newest = all.includes('crls')
    ? await database('crls')
        .groupBy('issuer')
        .select<{ issuer: string; top: number }[]>('issuer', database.raw('max(crl_number) as top'))
    : [];
  return {
    kind: isPostgres(database) ? 'postgresql' : 'sqlite',
    migrations,
    tables: await inOrderOfReference(
      database,
      all.filter(name => !/_migrations(_lock)?$/.test(name)),
    ),
    crlNumbers: Object.fromEntries(newest.map(({ issuer, top }) => [issuer, top])),
    rowsOf: async function* (table) {
      for await (const rows of pages(database, table)) {
        const columns = Object.keys(rows[0] ?? {});
        yield { columns, rows: rows.map(row => columns.map(column => valueIn(row[column], table))) };
      }
    },
  };
}

function valueIn(value: unknown, table: string): ColumnValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array)
    return value;
  throw new TypeError(`table ${table} holds a ${typeof value}, which no backup can hold`);
}

/** Names of the tables, sorted. */
export async function tablesOf(database: Knex): Promise<readonly string[]> {
  if (isPostgres(database))
    return database('information_schema.tables')
      .where({ table_schema: 'public', table_type: 'BASE TABLE' })
      .orderBy('table_name')
      .pluck('table_name');
  return database('sqlite_master')
    .where({ type: 'table' })
    .whereRaw("name not like 'sqlite^_%' escape '^'")
    .orderBy('name')
    .pluck('name');
}

/** Referred ones first, so that rows can be put back in this order. */
async function inOrderOfReference(database: Knex, tables: readonly string[]): Promise<readonly string[]> {
  const references = await referencesOf(database, tables);
  const placed: string[] = [];
  const place = (table: string): void => {
    if (placed.includes(table)) return;
    for (const { from, to } of references) if (from === table && to !== table) place(to);
    placed.push(table);
  };
  tables.forEach(place);
  return placed;
}

interface Reference {
  readonly from: string;
  readonly to: string;
}

async function referencesOf(database: Knex, tables: readonly string[]): Promise<readonly Reference[]> {
  if (isPostgres(database)) {
    const { rows } = await database.raw<{ rows: Reference[] }>(
      `SELECT conrelid::regclass::text AS "from", confrelid::regclass::text AS "to" FROM pg_constraint WHERE contype = 'f'`,
    );
    return rows;
  }
  const found: Reference[] = [];
  for (const from of tables) {
    const keys = await database.raw<{ table: string }[]>(`PRAGMA foreign_key_list("${from}")`);
    found.push(...keys.map(({ table: to }) => ({ from, to })));
  }
  return found;
}

/** As many rows as make some four megabytes, going by those before. */
const pageOctets = 4_194_304;
const [fewest, most] = [4, 500];

function nextLength(rows: readonly Row[]): number {
  const octets = rows.reduce((sum, row) => sum + octetsOf(row), 0);
  const fitting = Math.floor((pageOctets * rows.length) / Math.max(octets, 1));
  return Math.min(most, Math.max(fewest, Math.min(fitting, 4 * rows.length)));
}

const octetsOf = (row: Row): number =>
  Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8),
    0,
  );

async function* pagesOnSqlite(database: Knex, table: string): AsyncGenerator<readonly Row[], void> {
  for (let after = -1, limit = fewest; ;) {
    const rows = await database(table)
      .where('rowid', '>', after)
      .orderBy('rowid')
      .limit(limit)
      .select<(Row & { row_place: number })[]>('*', { row_place: 'rowid' });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(row => Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'row_place')));
    after = last.row_place;
    limit = nextLength(rows);
  }
}

async function* pagesOnPostgres(database: Knex, table: string): AsyncGenerator<readonly Row[], void> {
  await database.raw('DECLARE kakuin_snapshot NO SCROLL CURSOR FOR SELECT * FROM ??', [table]);
  for (let limit = fewest; ;) {
    const { rows } = await database.raw<{ rows: Row[] }>(`FETCH FORWARD ${limit} FROM kakuin_snapshot`);
    if (rows.length === 0) break;
    yield rows;
    limit = nextLength(rows);
  }
  await database.raw('CLOSE kakuin_snapshot');
}
