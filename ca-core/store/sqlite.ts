/** SQLite in WAL mode, every commit on the disk before it is believed: the default, one file (design §1). */
import { setTimeout as pause } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import BetterSqliteClient, {
  type DriverConnection,
  type DriverQuery,
  type DriverStatement,
} from 'knex/lib/dialects/better-sqlite3/index.js';
import { SqliteFile } from './sqlite-driver.ts';

/** How long a writer waits for another process before SQLITE_BUSY. */
const busyMilliseconds = 15_000;

/** Pages in the log before they are copied into the file: each copy is two more syncs for whoever commits. */
const checkpointPages = 8_000;

/**
 * knex's dialect with some changes: transactions begin IMMEDIATE, because one that reads first and writes later fails
 * at once when another process wrote in between; they wait without sleeping; statements are prepared once per connection;
 * one may be run for many rows (insert-all.ts), and one may be lost with the power (claims.ts).
 */
class ImmediateSqlite extends BetterSqliteClient {
  override _driver(): unknown {
    return SqliteFile;
  }

  override async _query(connection: DriverConnection, query: DriverQuery): Promise<DriverQuery> {
    const { rows, mayBeLost } = query.options ?? {};
    const statement = statementFor(connection, query.sql === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : query.sql);
    const bindings = this._formatBindings(query.bindings);
    if (query.sql === 'BEGIN;') await whenFree(connection, () => statement.run(bindings));
    else if (mayBeLost === true)
      query.response = await whenFree(connection, () => unsynced(connection, statement, bindings));
    else if (rows !== undefined) for (const row of rows) statement.run(row);
    else if (statement.reader) query.response = statement.all(bindings);
    else {
      const outcome = statement.run(bindings);
      query.response = outcome;
      query.context = { lastID: outcome.lastInsertRowid, changes: outcome.changes };
    }
    return query;
  }
}

/**
 * Runs what takes the write lock as soon as nobody has it. SQLite's own way to wait sleeps up to a tenth of a second at a
 * time, and all else that this program has to do sleeps with it. Throws SQLITE_BUSY after busy_timeout.
 */
async function whenFree<T>(connection: DriverConnection, run: () => T): Promise<T> {
  const patience = Number(connection.pragma('busy_timeout', { simple: true }));
  for (const giveUpAt = performance.now() + patience; ;) {
    connection.pragma('busy_timeout = 0');
    try {
      return run();
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
      if (!isBusy || performance.now() > giveUpAt) throw error;
    } finally {
      connection.pragma(`busy_timeout = ${patience}`);
    }
    await pause(Math.random() * 2);
  }
}

/** A statement by itself whose outcome may be gone after a loss of power: it comes to the disk with the next commit. */
function unsynced(connection: DriverConnection, statement: DriverStatement, bindings: readonly unknown[]): unknown {
  connection.pragma('synchronous = NORMAL');
  try {
    return statement.all(bindings);
  } finally {
    connection.pragma('synchronous = FULL');
  }
}

/** Opens (and creates) the SQLite file. Close it with `destroy()`. */
export function openSqlite(file: string): Knex {
  return knex({
    client: ImmediateSqlite,
    connection: { filename: file },
    useNullAsDefault: true,
    // What is told of a statement that failed holds none of its values.
    compileSqlOnError: false,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (
        connection: DriverConnection,
        done: (error: Error | null, connection: DriverConnection) => void,
      ) => {
        connection.pragma(`busy_timeout = ${busyMilliseconds}`);
        connection.pragma('journal_mode = WAL');
        connection.pragma(`wal_autocheckpoint = ${checkpointPages}`);
        connection.pragma('synchronous = FULL');
        connection.pragma('foreign_keys = ON');
        // In KiB. The driver's 16 MiB only repeat what the operating system keeps of the file.
        connection.pragma('cache_size = -4096');
        done(null, connection);
      },
    },
  });
}

/** knex makes a bare client for each transaction, so what was prepared is kept beside the connection. */
const preparedOn = new WeakMap<DriverConnection, Map<string, DriverStatement>>();

function statementFor(connection: DriverConnection, sql: string): DriverStatement {
  let statements = preparedOn.get(connection);
  if (statements === undefined) preparedOn.set(connection, (statements = new Map<string, DriverStatement>()));
  const known = statements.get(sql);
  if (known !== undefined) return known;
  const statement = connection.prepare(sql);
  if (/^(select|insert|update|delete|begin|commit)/i.test(sql) && statements.size < 500) statements.set(sql, statement);
  return statement;
}
