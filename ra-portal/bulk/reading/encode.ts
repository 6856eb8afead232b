/** Text back into the octets it came from: what was undecodable comes out as it was. */
import { cp932Of } from './cp932.ts';
import { partsOf } from './decode.ts';
import type { Encoding } from './table.ts';

/** Null where the encoding lacks a character: nothing is ever written as `?`. */
export function encodeText(text: string, encoding: Encoding): Buffer | null {
  const parts = partsOf(text).map(part => (typeof part === 'string' ? encoders[encoding](part) : part));
  return parts.includes(null) ? null : Buffer.concat(parts.filter(part => part !== null));
}

const encoders: Readonly<Record<Encoding, (text: string) => Buffer | null>> = {
  'utf-8': text => Buffer.from(text, 'utf8'),
  'utf-16le': text => Buffer.from(text, 'utf16le'),
  cp932: encodeCp932,
};

function encodeCp932(text: string): Buffer | null {
  const octets = Buffer.alloc(text.length * 2);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const found = cp932Of(text.charCodeAt(at));
    if (found === null) return null;
    if (found > 0xff) octets[length++] = found >> 8;
    octets[length++] = found & 0xff;
  }
  return octets.subarray(0, length);
}

/** Of encodings that Excel knows by a mark. */
export const byteOrderMark: Readonly<Record<Encoding, Buffer>> = {
  'utf-8': Buffer.from([0xef, 0xbb, 0xbf]),
  'utf-16le': Buffer.from([0xff, 0xfe]),
  cp932: Buffer.alloc(0),
};
