/** PC/SC through the optional package `smartcard`: the only door to it. An installation without it has no readers. */
import { createRequire } from 'node:module';
import { PkiError } from '../../ca-core/errors.ts';
import type { CardConnection, CardReaders } from './card-readers.ts';
import { watchReaders, type BoundContext } from './watch-readers.ts';

/** What is used of the package; its own types are absent where it could not be compiled. */
interface Binding {
  readonly Context: new () => BoundContext;
  readonly SCARD_SHARE_EXCLUSIVE: number;
  readonly SCARD_PROTOCOL_T0: number;
  readonly SCARD_PROTOCOL_T1: number;
  readonly SCARD_LEAVE_CARD: number;
}

const longestAnswer = 512;

/** Throws readersUnavailable {reason: 'binding' | 'daemon'}. */
export function openPcsc(): CardReaders {
  const binding = loadBinding();
  const context = openContext(binding);
  const watch = watchReaders(context);
  return {
    names: () => context.listReaders().map(({ name }) => name),
    nextCard: ({ reader, signal } = {}) =>
      watch.until(async () => {
        const place = watch.occupied(reader);
        if (place === null) return null;
        const card = await connectTo(binding, place);
        if (card === null) watch.lookAgain();
        return card;
      }, signal),
    emptied: async (reader, signal) => {
      await watch.until(() => Promise.resolve(watch.occupied(reader) === null ? true : null), signal);
    },
    close: async () => {
      await watch.close();
      context.close();
    },
  };
}

function loadBinding(): Binding {
  try {
    return createRequire(import.meta.url)('smartcard') as Binding;
  } catch {
    throw new PkiError('readersUnavailable', { reason: 'binding' });
  }
}

function openContext({ Context }: Binding): BoundContext {
  try {
    return new Context();
  } catch {
    throw new PkiError('readersUnavailable', { reason: 'daemon' });
  }
}

/**
 * A context of its own, since one context talks to one card at a time. Null where the card left again before it could
 * be asked, or another program talks to it.
 */
async function connectTo(binding: Binding, place: string): Promise<CardConnection | null> {
  const { SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD } = binding;
  const context = openContext(binding);
  try {
    const reader = context.listReaders().find(({ name }) => name === place);
    const card = await reader?.connect(SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1);
    if (card === undefined) throw new PkiError('cardGone', { during: 'connecting' });
    return {
      reader: place,
      atr: card.atr?.toString('hex') ?? '',
      transmit: async apdu => {
        // The words of PC/SC, and answers without a status word, tell apart what is one thing here: nothing came back.
        const octets = Buffer.from(apdu);
        const answer = await card.transmit(octets, { maxRecvLength: longestAnswer }).catch(() => null);
        if (answer === null || answer.length < 2) throw new PkiError('cardGone', { during: 'talking' });
        return new Uint8Array(answer);
      },
      close: () => {
        quietly(() => card.disconnect(SCARD_LEAVE_CARD));
        quietly(() => context.close());
      },
    };
  } catch {
    quietly(() => context.close());
    return null;
  }
}

/** A card that has left already cannot be let go of. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // Nothing is held any more.
  }
}
