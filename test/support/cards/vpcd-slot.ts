/** A reader's slot behind vpcd: putting a card in is a connection, taking it out is its end. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CardGone, type FelicaCard } from './felica-card.ts';
import { felicaAtr, felicaReader } from './felica-reader.ts';

/** Commands of one octet (vpcd's own protocol: a length of two octets, big-endian, then so many). */
const control = { powerOff: 0, powerOn: 1, reset: 2, atr: 4 };

/** Anything that lies on a reader: an ATR and answers to APDUs. */
export interface AnyCard {
  readonly atr: Uint8Array;
  readonly transmit: (apdu: Uint8Array) => Uint8Array;
  /** Milliseconds before every answer. */
  readonly slowness?: number;
}

export const onFelicaReader = (card: FelicaCard, slowness = 0): AnyCard => ({
  atr: felicaAtr,
  transmit: felicaReader(card).transmit,
  slowness,
});

export interface VpcdSlot {
  /** The reader's name as PC/SC has it. */
  readonly name: string;
  readonly put: (card: AnyCard) => Promise<void>;
  readonly take: () => void;
  /** Whether a card lies there: it may have left by itself. */
  readonly isTaken: () => boolean;
}

export function vpcdSlot(name: string, port: number): VpcdSlot {
  let socket: Socket | null = null;
  const take = (): void => {
    socket?.destroy();
    socket = null;
  };
  return {
    name,
    take,
    isTaken: () => socket !== null,
    put: async card => {
      take();
      const own = connect({ port, host: '127.0.0.1', noDelay: true });
      own.on('error', () => undefined);
      await new Promise<void>((resolve, reject) => {
        own.once('connect', resolve);
        own.once('error', reject);
      });
      own.on('close', () => {
        if (socket === own) socket = null;
      });
      socket = own;
      // Taking the card away ends the stream in the middle: that is the point.
      speak(own, card).catch(() => undefined);
    },
  };
}

async function speak(socket: Socket, card: AnyCard): Promise<void> {
  let waiting = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE()) {
      const message = waiting.subarray(2, 2 + waiting.readUInt16BE());
      waiting = waiting.subarray(2 + message.length);
      if (!(await answer(socket, card, message))) return;
    }
  }
}

/** False where the card has left. */
async function answer(socket: Socket, card: AnyCard, message: Uint8Array): Promise<boolean> {
  if (message.length === 1) {
    if (message[0] === control.atr) send(socket, card.atr);
    return true;
  }
  if (card.slowness !== undefined && card.slowness > 0) await pause(card.slowness);
  try {
    send(socket, card.transmit(message));
    return true;
  } catch (error) {
    if (!(error instanceof CardGone)) throw error;
    socket.destroy();
    return false;
  }
}

function send(socket: Socket, octets: Uint8Array): void {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(octets.length);
  socket.write(Buffer.concat([length, octets]));
}
