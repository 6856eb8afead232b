/** The thread in which emulated cards lie on their readers: PC/SC calls that block the test do not block them. */
import { parentPort } from 'node:worker_threads';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CardGone, felicaCard, type FelicaCard, type FelicaSystem, type Mischief } from './felica-card.ts';
import { felicaAtr, felicaReader } from './felica-reader.ts';

export interface PlacedCard {
  readonly idm: Uint8Array;
  /** Its blocks are shared memory: what is written shows in the test at once. */
  readonly systems: readonly FelicaSystem[];
  /** Milliseconds before every answer. */
  readonly slowness: number;
  /** An ATR of another kind: then every APDU is refused. */
  readonly otherKind: Uint8Array | null;
}

export type Order =
  | { readonly act: 'put'; readonly id: number; readonly port: number; readonly card: PlacedCard }
  | { readonly act: 'take'; readonly id: number; readonly port: number }
  | { readonly act: 'spoil'; readonly id: number; readonly port: number; readonly mischief: Mischief }
  | { readonly act: 'leaveAt'; readonly id: number; readonly port: number; readonly frame: number };

interface Lying {
  readonly socket: Socket;
  readonly felica: FelicaCard;
}

/** Commands of one octet (vpcd's own protocol: a length of two octets, big-endian, then so many). */
const giveAtr = 4;
const lying = new Map<number, Lying>();

parentPort?.on('message', (order: Order) => {
  obey(order).then(
    () => parentPort?.postMessage({ id: order.id, error: null }),
    (error: unknown) => parentPort?.postMessage({ id: order.id, error: String(error) }),
  );
});

async function obey(order: Order): Promise<void> {
  const { port } = order;
  switch (order.act) {
    case 'put':
      return put(port, order.card);
    case 'take':
      lying.get(port)?.socket.destroy();
      lying.delete(port);
      return;
    case 'spoil':
      lying.get(port)?.felica.spoil(order.mischief);
      return;
    case 'leaveAt':
      lying.get(port)?.felica.leaveAt(order.frame);
  }
}

async function put(port: number, card: PlacedCard): Promise<void> {
  lying.get(port)?.socket.destroy();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  const felica = felicaCard(card.idm, card.systems);
  lying.set(port, { socket, felica });
  // Taking the card away ends the stream in the middle: that is the point.
  speak(socket, card, felicaReader(felica).transmit).catch(() => undefined);
}

async function speak(socket: Socket, card: PlacedCard, transmit: (apdu: Uint8Array) => Uint8Array): Promise<void> {
  let waiting = Buffer.alloc(0);
  const refuse = (): Uint8Array => Uint8Array.of(0x6d, 0x00);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE()) {
      const message = waiting.subarray(2, 2 + waiting.readUInt16BE());
      waiting = waiting.subarray(2 + message.length);
      if (message.length > 1 && card.slowness > 0) await pause(card.slowness);
      try {
        if (message.length > 1) send(socket, (card.otherKind === null ? transmit : refuse)(message));
        else if (message[0] === giveAtr) send(socket, card.otherKind ?? felicaAtr);
      } catch (error) {
        if (!(error instanceof CardGone)) throw error;
        socket.destroy();
        return;
      }
    }
  }
}

function send(socket: Socket, octets: Uint8Array): void {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(octets.length);
  socket.write(Buffer.concat([length, octets]));
}
