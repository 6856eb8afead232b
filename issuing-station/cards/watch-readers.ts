/** Which readers hold a card now. PC/SC is asked in a loop; a reader that is plugged in later is found within a second. */
import { EventEmitter, once } from 'node:events';
import { PkiError } from '../../ca-core/errors.ts';

export interface BoundContext {
  readonly listReaders: () => readonly BoundReader[];
  /** The readers' states once one differs from what was named; empty after the time (milliseconds), null if cancelled. */
  readonly waitForChange: (known: readonly ReaderState[], time: number) => Promise<readonly ReaderState[] | null>;
  readonly cancel: () => void;
  readonly close: () => void;
}

export interface BoundReader {
  readonly name: string;
  readonly connect: (share: number, protocol: number) => Promise<BoundCard>;
}

export interface BoundCard {
  readonly atr: Buffer | null;
  readonly transmit: (apdu: Buffer, options: { readonly maxRecvLength: number }) => Promise<Buffer>;
  readonly disconnect: (disposition: number) => void;
}

export interface ReaderState {
  readonly name: string;
  readonly state: number;
}

export interface ReaderWatch {
  /** A reader with a card: that one, or any; null where there is none. */
  readonly occupied: (reader?: string) => string | null;
  /** The card there could not be asked (it left, or another program talks to it): it is looked for again soon. */
  readonly lookAgain: () => void;
  /** What `look` finds, looked for again after each change. Throws cardGone {during: waiting} when aborted. */
  readonly until: <T>(look: () => Promise<T | null>, signal?: AbortSignal) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** SCARD_STATE_CHANGED and SCARD_STATE_PRESENT. */
const changed = 0x02;
const present = 0x20;
const turn = 1_000;
const pause = 200;

export function watchReaders(context: BoundContext): ReaderWatch {
  const occupied = new Set<string>();
  const changes = new EventEmitter().setMaxListeners(0);
  const closing = new AbortController();
  const isOpen = (): boolean => !closing.signal.aborted;
  let known: readonly ReaderState[] = [];
  const look = async (): Promise<void> => {
    const names = context.listReaders().map(({ name }) => name);
    known = names.map(name => known.find(one => one.name === name) ?? { name, state: 0 });
    for (const name of occupied) if (!names.includes(name)) occupied.delete(name);
    const found = await context.waitForChange(known, turn);
    for (const { name, state } of found ?? []) {
      if ((state & changed) === 0) continue;
      if ((state & present) === 0) occupied.delete(name);
      else occupied.add(name);
    }
    if (found === null || found.length === 0) return;
    known = found.map(({ name, state }) => ({ name, state: state & ~changed }));
    changes.emit('change');
  };
  const loop = (async () => {
    while (isOpen()) await look().catch(() => rest());
  })();
  return {
    occupied: reader => [...occupied].find(name => reader === undefined || name === reader) ?? null,
    lookAgain: () => void setTimeout(() => changes.emit('change'), pause).unref(),
    until: async (look, signal) => {
      for (;;) {
        const change = once(changes, 'change', signal === undefined ? {} : { signal }).catch(() => null);
        const found = await look();
        if (found !== null) return found;
        if ((await change) === null || !isOpen()) throw new PkiError('cardGone', { during: 'waiting' });
      }
    },
    close: async () => {
      closing.abort();
      context.cancel();
      await loop;
      changes.emit('change');
    },
  };
}

/** No reader, or no daemon for the moment. */
const rest = (): Promise<void> => new Promise(resolve => setTimeout(resolve, turn));
