/**
 * Octets as text, strictly and piece by piece. Octets that are no character stay in the text as `U+FDD0 hex U+FDD1`, two
 * code points that never are characters (Unicode §23.7): nothing is lost, and each can be told by its row and column.
 */
import { decodeCp932 } from './cp932.ts';
import type { Encoding } from './table.ts';
import { UnitBuffer } from './unit-buffer.ts';
import { cutInUtf8, utf8At } from './utf8.ts';

const open = '\ufdd0';
const close = '\ufdd1';
const marked = /\ufdd0([0-9a-f]+)\ufdd1/g;

export interface Decoder {
  readonly write: (octets: Uint8Array) => string;
  /** What is left when nothing follows. */
  readonly end: () => string;
}

export const hasMarks = (text: string): boolean => text.includes(open);

/** For people: `山〈81〉田`. */
export const shownMarks = (text: string): string =>
  text.replace(marked, (_, hex: string) => `〈${hex.toUpperCase()}〉`);

/** Text and the octets between marks, in turn. */
export function partsOf(text: string): readonly (string | Buffer)[] {
  const parts: (string | Buffer)[] = [];
  let from = 0;
  for (const found of text.matchAll(marked)) {
    parts.push(text.slice(from, found.index), Buffer.from(found[1] ?? '', 'hex'));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

const markOf = (octets: Uint8Array): string => `${open}${Buffer.from(octets).toString('hex')}${close}`;

/** A byte order mark is the caller's to take off. */
export function openDecoder(encoding: Encoding): Decoder {
  const decodePiece = pieceDecoders[encoding];
  let rest: Uint8Array = new Uint8Array(0);
  return {
    write: octets => {
      const whole = rest.length === 0 ? octets : Buffer.concat([rest, octets]);
      const { text, left } = decodePiece(whole);
      rest = Uint8Array.from(whole.subarray(whole.length - left));
      return text;
    },
    end: () => (rest.length === 0 ? '' : Array.from(rest, octet => markOf(Uint8Array.of(octet))).join('')),
  };
}

interface Piece {
  readonly text: string;
  /** Octets at the end that begin a character. */
  readonly left: number;
}

const pieceDecoders: Readonly<Record<Encoding, (octets: Uint8Array) => Piece>> = {
  'utf-8': decodeUtf8,
  cp932: octets => {
    const units = new UnitBuffer(octets.length);
    const left = decodeCp932(octets, {
      unit: unit => units.add(unit),
      bad: octet => units.addText(markOf(Uint8Array.of(octet))),
    });
    return { text: units.text(), left };
  },
  'utf-16le': decodeUtf16,
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(octets: Uint8Array): Piece {
  const left = cutInUtf8(octets);
  const whole = octets.subarray(0, octets.length - left);
  try {
    const text = strictUtf8.decode(whole);
    if (!text.includes(open) && !text.includes(close)) return { text, left };
  } catch {
    // Some of it is not UTF-8: character by character.
  }
  const units = new UnitBuffer(whole.length);
  for (let at = 0; at < whole.length;) {
    const { code, length } = utf8At(whole, at);
    if (code < 0 || code === 0xfdd0 || code === 0xfdd1) {
      units.addText(markOf(whole.subarray(at, at + 1)));
      at += 1;
    } else {
      units.addCode(code);
      at += length;
    }
  }
  return { text: units.text(), left };
}

function decodeUtf16(octets: Uint8Array): Piece {
  const units = new UnitBuffer(octets.length / 2);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let at = 0;
  for (; at + 1 < octets.length; at += 2) {
    const unit = view.getUint16(at, true);
    const isHigh = unit >= 0xd800 && unit < 0xdc00;
    if (isHigh && at + 3 >= octets.length) break;
    const next = isHigh ? view.getUint16(at + 2, true) : 0;
    if (isHigh && next >= 0xdc00 && next < 0xe000) {
      units.add(unit);
      units.add(next);
      at += 2;
    } else if ((unit >= 0xd800 && unit < 0xe000) || unit === 0xfdd0 || unit === 0xfdd1) {
      units.addText(markOf(octets.subarray(at, at + 2)));
    } else units.add(unit);
  }
  return { text: units.text(), left: octets.length - at };
}
