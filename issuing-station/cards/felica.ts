/** One FeliCa card on a reader, in the reader's own manner of speaking (PC/SC part 3 and its supplement). */
import { PkiError } from '../../ca-core/errors.ts';
import type { CardConnection } from './card-readers.ts';
import {
  blockList,
  checkWritten,
  decodePolling,
  decodeRead,
  encodePolling,
  encodeRead,
  encodeWrite,
  littleEndian,
  type BlockRange,
  type Polled,
} from './frames.ts';

export type ReaderMode = 'pseudoApdu' | 'passThrough' | 'transparent';

export interface Felica {
  /** Throws cardForeign {reason: system} where the card has no such system. */
  readonly poll: (systemCode: number) => Promise<Polled>;
  /** Of the system polled last. Throws cardForeign, cardGone. */
  readonly read: (range: BlockRange) => Promise<Uint8Array>;
  readonly write: (range: BlockRange, octets: Uint8Array) => Promise<void>;
  /** Ends the session and lets the card go. */
  readonly close: () => Promise<void>;
}

/** The storage card ATR of PC/SC part 3 §3.1.3.2.3 whose name is 00 3B, FeliCa. */
const felicaAtr = /^3b8f8001804f0ca000000306..003b/;
const silent = [0x63, 0x64];

/** Throws cardForeign {reason: kind} for anything but FeliCa, cardGone. */
export async function openFelica(card: CardConnection, mode: ReaderMode): Promise<Felica> {
  if (!felicaAtr.test(card.atr)) throw new PkiError('cardForeign', { reason: 'kind' });
  const exchange = mode === 'transparent' ? await openTransparent(card) : passThrough(card);
  let idm = '';
  const poll = async (systemCode: number): Promise<Polled> => {
    const polled = decodePolling((await exchange(encodePolling(systemCode))) ?? new Uint8Array());
    if (polled === null) throw new PkiError('cardForeign', { reason: 'system' });
    idm = polled.idm;
    return polled;
  };
  const close = async (): Promise<void> => {
    if (mode === 'transparent') await card.transmit(transparent(0, [0x82, 0x00])).catch(() => undefined);
    card.close();
  };
  if (mode === 'pseudoApdu') return { poll, close, ...byApdu(card) };
  return {
    poll,
    close,
    read: async range => decodeRead((await exchange(encodeRead(idm, range))) ?? new Uint8Array(), idm, range),
    write: async (range, octets) =>
      checkWritten((await exchange(encodeWrite(idm, range, octets))) ?? new Uint8Array(), idm),
  };
}

/** A frame to the card, and its answer; null where it stays silent. */
type Exchange = (frame: Uint8Array) => Promise<Uint8Array | null>;

/** `FF FE 00 00 Lc frame`. */
function passThrough(card: CardConnection): Exchange {
  return async frame => contentOf(await card.transmit(Uint8Array.of(0xff, 0xfe, 0, 0, frame.length, ...frame)));
}

/** `FF C2`: a session, in which the frame goes as TLV 95 and the answer comes as TLV 97. */
async function openTransparent(card: CardConnection): Promise<Exchange> {
  for (const begin of [transparent(0, [0x81, 0x00]), transparent(2, [0x8f, 0x02, 0x03, 0x00])]) {
    if (contentOf(await card.transmit(begin)) === null) throw new PkiError('cardForeign', { reason: 'reader' });
  }
  return async frame => {
    const content = contentOf(await card.transmit(transparent(1, [0x95, frame.length, ...frame])));
    return content === null ? null : partOf(content, 0x97);
  };
}

const transparent = (kind: 0 | 1 | 2, octets: readonly number[]): Uint8Array =>
  Uint8Array.of(0xff, 0xc2, 0x00, kind, octets.length, ...octets);

/** The value of one part of a list of one-octet tags, or null. */
function partOf(list: Uint8Array, tag: number): Uint8Array | null {
  for (let at = 0; at + 1 < list.length; at += 2 + (list[at + 1] ?? 0)) {
    if (list[at] === tag) return list.subarray(at + 2, at + 2 + (list[at + 1] ?? 0));
  }
  return null;
}

/** The reader's own commands: select a service, read and write n blocks of it. */
function byApdu(card: CardConnection): Pick<Felica, 'read' | 'write'> {
  const select = async ({ serviceCode }: BlockRange): Promise<void> => {
    wanted(await card.transmit(Uint8Array.of(0xff, 0xa4, 0x00, 0x01, 2, ...littleEndian(serviceCode))));
  };
  return {
    read: async range => {
      await select(range);
      const list = blockList(range);
      const apdu = Uint8Array.of(0xff, 0xb0, 0x80, range.blockCount, list.length, ...list);
      return wanted(await card.transmit(apdu));
    },
    write: async (range, octets) => {
      await select(range);
      const content = [...blockList(range), ...octets];
      wanted(await card.transmit(Uint8Array.of(0xff, 0xd6, 0x80, range.blockCount, content.length, ...content)));
    },
  };
}

function wanted(answer: Uint8Array): Uint8Array {
  const content = contentOf(answer);
  if (content === null) throw new PkiError('cardGone', { during: 'talking' });
  return content;
}

/** What stands before 90 00; null where the card was silent. Throws cardForeign for every other status word. */
function contentOf(answer: Uint8Array): Uint8Array | null {
  const [high = 0, low = 0] = answer.subarray(-2);
  if (high === 0x90 && low === 0x00) return Uint8Array.from(answer.subarray(0, -2));
  if (silent.includes(high)) return null;
  const word = (high * 256 + low).toString(16);
  throw new PkiError('cardForeign', { reason: word === '6a82' ? 'service' : `status ${word}` });
}
