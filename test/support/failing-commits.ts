/** A real database of which one commit fails, as on a disk or a wire that breaks just then. */
import type { Knex } from 'knex';
import { openDatabase } from '../../ca-core/store/database.ts';

/** Nothing of it was written, or all of it was and only the word of it got lost. */
export type Failing = 'not written' | 'written';

export interface FailingCommits {
  /** For the CA core; everybody else opens the database as ever. */
  readonly openDatabase: typeof openDatabase;
  /** The nth commit from now on fails, and no other. */
  readonly failAt: (nth: number, how: Failing) => void;
  /** Whether it came to that commit; none fails any more. */
  readonly disarm: () => boolean;
}

const isWriting = /^\s*(insert|update|delete|with)\b/i;

export function failingCommits(): FailingCommits {
  let left = 0;
  let fails: Failing = 'written';
  const fateOfNext = (): Failing | undefined => (left > 0 && --left === 0 ? fails : undefined);
  return {
    openDatabase: location => {
      const database = openDatabase(location);
      breakTransactions(database, fateOfNext);
      breakStatements(database, fateOfNext);
      return database;
    },
    failAt: (nth, how) => {
      [left, fails] = [nth, how];
    },
    disarm: () => {
      const cameToIt = left === 0;
      left = 0;
      return cameToIt;
    },
  };
}

type Work = (transaction: Knex.Transaction) => Promise<unknown>;

function breakTransactions(database: Knex, fateOfNext: () => Failing | undefined): void {
  const begin = database.transaction.bind(database) as (work: Work, config?: object) => Promise<unknown>;
  const transaction = async (work: Work, config?: object): Promise<unknown> => {
    const met: { fate?: Failing | undefined } = {};
    const outcome = await begin(async inside => {
      const done = await work(inside);
      met.fate = fateOfNext();
      if (met.fate === 'not written') throw broken();
      return done;
    }, config);
    if (met.fate === 'written') throw broken();
    return outcome;
  };
  Object.defineProperty(database, 'transaction', { value: transaction, configurable: true });
}

interface Client {
  _query: (connection: unknown, query: { readonly sql: string }) => Promise<unknown>;
}

/** Each statement outside a transaction is a commit of its own; knex makes another client for those inside. */
function breakStatements(database: Knex, fateOfNext: () => Failing | undefined): void {
  const client = database.client as Client;
  const run = client._query.bind(client);
  client._query = async (connection, query) => {
    const fate = isWriting.test(query.sql) ? fateOfNext() : undefined;
    if (fate === 'not written') throw broken();
    const outcome = await run(connection, query);
    if (fate === 'written') throw broken();
    return outcome;
  };
}

const broken = (): Error => new Error('disk I/O error');
