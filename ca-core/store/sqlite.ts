/** SQLite in WAL mode, every commit on the disk before it is believed: the default, one file (design §1). */
import knex, { type Knex } from 'knex';
import BetterSqliteClient, {
  type DriverConnection,
  type DriverQuery,
  type DriverStatement,
} from 'knex/lib/dialects/better-sqlite3/index.js';

/** How long a writer waits for another process before SQLITE_BUSY. */
const busyMilliseconds = 15_000;

/** Pages in the log before they are copied into the file: each copy is two more syncs for whoever commits. */
const checkpointPages = 8_000;

/**
 * knex's dialect with two changes: transactions begin IMMEDIATE, because one that reads first and writes later fails
 * at once when another process wrote in between; and statements are prepared once per connection.
 */
class ImmediateSqlite extends BetterSqliteClient {
  override _query(connection: DriverConnection, query: DriverQuery): Promise<DriverQuery> {
    try {
      const statement = statementFor(connection, query.sql === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : query.sql);
      const bindings = this._formatBindings(query.bindings);
      if (statement.reader) {
        query.response = statement.all(bindings);
      } else {
        const outcome = statement.run(bindings);
        query.response = outcome;
        query.context = { lastID: outcome.lastInsertRowid, changes: outcome.changes };
      }
      return Promise.resolve(query);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Opens (and creates) the SQLite file. Close it with `destroy()`. */
export function openSqlite(file: string): Knex {
  return knex({
    client: ImmediateSqlite,
    connection: { filename: file },
    useNullAsDefault: true,
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
