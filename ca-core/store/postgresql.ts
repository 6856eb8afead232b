/** PostgreSQL: for more than one machine's readers, several CA core workers, and a role for each service (design §1). */
import { readFileSync } from 'node:fs';
import knex, { type Knex } from 'knex';
import pg from 'pg';
import { PkiError } from '../errors.ts';
import { againAfterConflict } from './conflicts.ts';

export const isPostgresUrl = (location: string): boolean => /^postgres(ql)?:\/\//.test(location);

/** bigInteger columns and counts: every number we keep there is an exact JavaScript number. */
const overrides = new pg.TypeOverrides();
overrides.setTypeParser(pg.types.builtins.INT8, Number);
const types = {
  getTypeParser: (oid: number, format?: string) => overrides.getTypeParser(oid, format === 'binary' ? format : 'text'),
};

/**
 * How every connection is made: it fails within seconds rather than hangs, and a stuck transaction lets go by itself.
 * `?passwordfile=…` names the file that has the password. Throws settingsInvalid where that cannot be read.
 */
export function connectionTo(url: string) {
  return {
    connectionString: withPassword(url),
    types,
    application_name: 'kakuin',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idle_in_transaction_session_timeout: 60_000,
  };
}

function withPassword(text: string): string {
  if (!URL.canParse(text)) throw new PkiError('settingsInvalid', { mistakes: ['KAKUIN_DATABASE is no URL'] });
  const url = new URL(text);
  const file = url.searchParams.get('passwordfile');
  if (file === null) return text;
  url.searchParams.delete('passwordfile');
  try {
    url.password = encodeURIComponent(readFileSync(file, 'utf8').trim());
  } catch {
    throw new PkiError('settingsInvalid', { mistakes: [`the password file ${file} cannot be read`] });
  }
  return url.href;
}

/** A connection that broke is told by whatever was under way on it; knex would print it besides. */
const quiet = { warn: () => undefined };

/**
 * Opens a database by its `postgres://` URL. Transactions are SERIALIZABLE, as SQLite's are by nature, and begin again
 * when they lose against another; those that lock what they touch ask for less (see `lockingTransaction`).
 */
export function openPostgres(url: string): Knex {
  const pool = { min: 0, max: 8 };
  // What is told of a statement that failed holds none of its values.
  const compileSqlOnError = false;
  const database = knex({ client: 'pg', connection: connectionTo(url), pool, log: quiet, compileSqlOnError });
  const begin = database.transaction.bind(database) as (work: unknown, config?: object) => Promise<unknown>;
  const transaction = (work: unknown, config: Knex.TransactionConfig = {}): Promise<unknown> => {
    const isolated = { isolationLevel: 'serializable', ...config };
    if (typeof work !== 'function') return begin(isolated);
    return againAfterConflict(() => begin(work, isolated));
  };
  Object.defineProperty(database, 'transaction', { value: transaction, configurable: true });
  return database;
}
