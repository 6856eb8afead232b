/** Waiting for orders: told by PostgreSQL the moment one is placed (LISTEN), looked for again and again elsewhere. */
import pg from 'pg';
import { connectionTo, isPostgresUrl } from './postgresql.ts';

export interface WakeUps {
  /** Resolves when an order was placed since the last rest, after so many milliseconds, or when the signal is aborted. */
  readonly rest: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The migrations' triggers notify it. */
export const ordersChannel = 'kakuin_orders';

/** A lost connection is made again at the next rest; until then it is the clock that wakes. */
export function openWakeUps(location: string): WakeUps {
  const listening = { client: undefined as pg.Client | undefined, isMissed: false, wake: (): void => undefined };
  const woken = (): void => {
    listening.isMissed = true;
    listening.wake();
  };
  return {
    rest: async (milliseconds, signal) => {
      if (isPostgresUrl(location))
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
