/** Waiting for orders: told by PostgreSQL the moment one is placed (LISTEN); of a SQLite file it is asked whether it changed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Knex } from 'knex';
import pg from 'pg';
import { connectionTo, isPostgresUrl } from './postgresql.ts';

export interface WakeUps {
  /** Resolves when an order was placed since the last rest, after so many milliseconds, or when the signal is aborted. */
  readonly rest: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The migrations' triggers notify it. */
export const ordersChannel = 'kakuin_orders';

/** For the database of that location, as openDatabase has opened it. */
export function openWakeUps(location: string, database: Knex): WakeUps {
  return isPostgresUrl(location) ? listeningTo(location) : lookingAt(database);
}

const lookEveryMilliseconds = 20;

/** What other connections commit changes SQLite's data_version; what this one does changes nothing. */
function lookingAt(database: Knex): WakeUps {
  let seen: number | undefined;
  const isChanged = async (): Promise<boolean> => {
    const before = seen;
    // A file that cannot be read now is the next turn's trouble.
    const rows = await database.raw<{ data_version: number }[]>('PRAGMA data_version').catch(() => []);
    seen = rows[0]?.data_version;
    return seen !== before;
  };
  return {
    rest: async (milliseconds, signal) => {
      const end = performance.now() + milliseconds;
      while (!signal.aborted && performance.now() < end && !(await isChanged())) await pause(lookEveryMilliseconds);
    },
    close: () => Promise.resolve(),
  };
}

/** A lost connection is made again at the next rest; until then it is the clock that wakes. */
function listeningTo(location: string): WakeUps {
  const listening = { client: undefined as pg.Client | undefined, isMissed: false, wake: (): void => undefined };
  const woken = (): void => {
    listening.isMissed = true;
    listening.wake();
  };
  return {
    rest: async (milliseconds, signal) => {
      listening.client ??= await listen(location, woken, () => (listening.client = undefined));
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, milliseconds);
        listening.wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', listening.wake, { once: true });
        if (listening.isMissed || signal.aborted) listening.wake();
      });
      signal.removeEventListener('abort', listening.wake);
      listening.isMissed = false;
    },
    close: async () => {
      await listening.client?.end().catch(() => undefined);
    },
  };
}

/** Nothing where it cannot be had now. */
async function listen(url: string, woken: () => void, lost: () => void): Promise<pg.Client | undefined> {
  const client = new pg.Client(connectionTo(url));
  client.on('error', lost).on('end', lost).on('notification', woken);
  try {
    await client.connect();
    await client.query(`LISTEN ${ordersChannel}`);
    return client;
  } catch {
    await client.end().catch(() => undefined);
    return undefined;
  }
}
