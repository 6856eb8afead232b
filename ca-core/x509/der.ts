/**
 * The small DER writer (X.690 §8, §10, §11) that the hot paths use. Pure and isomorphic: it runs in the browser too.
 * Tests hold it to the library encoders byte for byte.
 */

/** Encoded DER: one or more whole TLVs. */
export type Der = Uint8Array<ArrayBuffer>;

const textEncoder = new TextEncoder();

export function concat(...parts: readonly Uint8Array[]): Der {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One TLV with a single identifier octet, its content in parts: one array for all of it. */
export function tlv(identifier: number, ...parts: readonly Uint8Array[]): Der {
  let length = 0;
  for (const part of parts) length += part.length;
  const lengthOctets = lengthOctetsOf(length);
  const whole = new Uint8Array(2 + lengthOctets + length);
  writeHeader(whole, identifier, length);
  let at = 2 + lengthOctets;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What stands before so many octets of content: for values that are written piece by piece. */
export function tlvHeader(identifier: number, length: number): Der {
  const header = new Uint8Array(2 + lengthOctetsOf(length));
  writeHeader(header, identifier, length);
  return header;
}

const lengthOctetsOf = (length: number): number =>
  length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;

function writeHeader(into: Uint8Array, identifier: number, length: number): void {
  const lengthOctets = lengthOctetsOf(length);
  into[0] = identifier;
  into[1] = lengthOctets === 0 ? length : 0x80 | lengthOctets;
  for (let octet = 0; octet < lengthOctets; octet++) into[1 + lengthOctets - octet] = (length >>> (8 * octet)) & 0xff;
}

export const sequence = (...parts: readonly Uint8Array[]): Der => tlv(0x30, ...parts);

/** SET OF in DER order (X.690 §11.6). */
export function set(...parts: readonly Uint8Array[]): Der {
  return tlv(0x31, ...(parts.length < 2 ? parts : parts.toSorted(compareBytes)));
}

export const boolean = (value: boolean): Der => tlv(0x01, Uint8Array.of(value ? 0xff : 0x00));
export const nullValue = (): Der => tlv(0x05, new Uint8Array(0));
export const octetString = (bytes: Uint8Array): Der => tlv(0x04, bytes);
export const utf8String = (text: string): Der => tlv(0x0c, textEncoder.encode(text));
export const printableString = (text: string): Der => tlv(0x13, textEncoder.encode(text));
export const ia5String = (text: string): Der => tlv(0x16, textEncoder.encode(text));

export const integer = (value: bigint | number): Der => tlv(0x02, integerOctets(value));
export const enumerated = (value: number): Der => tlv(0x0a, integerOctets(value));

/** Most values take one octet, which needs no big integer. */
function integerOctets(value: bigint | number): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 0x80) return Uint8Array.of(value);
  return twosComplement(BigInt(value));
}

/** A non-negative INTEGER from unsigned big-endian octets; leading zeros are allowed in the input. */
export function integerFromBytes(unsigned: Uint8Array): Der {
  let start = 0;
  while (start < unsigned.length - 1 && unsigned[start] === 0) start++;
  const minimal = unsigned.subarray(start);
  if (minimal.length === 0) return tlv(0x02, Uint8Array.of(0));
  return ((minimal[0] ?? 0) & 0x80) === 0 ? tlv(0x02, minimal) : tlv(0x02, Uint8Array.of(0), minimal);
}

export function oid(dotted: string): Der {
  const known = encodedOids.get(dotted);
  if (known !== undefined) return known;
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  const encoded = tlv(0x06, ...[first * 40n + second, ...rest].map(base128));
  if (encodedOids.size < mostOids) encodedOids.set(dotted, encoded);
  return encoded;
}

/** The same few dozen stand in every certificate. */
const encodedOids = new Map<string, Der>();
const mostOids = 1024;

export function bitString(bytes: Uint8Array, unusedBits = 0): Der {
  return tlv(0x03, Uint8Array.of(unusedBits), bytes);
}

/** A named bit list: trailing zero bits are dropped (X.690 §11.2.2). Bit 0 is the first, most significant one. */
export function namedBits(positions: readonly number[]): Der {
  if (positions.length === 0) return bitString(new Uint8Array(0));
  const last = Math.max(...positions);
  const bytes = new Uint8Array(Math.floor(last / 8) + 1);
  for (const position of positions) {
    const at = Math.floor(position / 8);
    bytes[at] = (bytes[at] ?? 0) | (0x80 >> (position % 8));
  }
  return bitString(bytes, 7 - (last % 8));
}

/** yyyymmddhhmmssZ, whole seconds (RFC 5280 §4.1.2.5.2). */
export function generalizedTime(unixTime: number): Der {
  return tlv(0x18, textEncoder.encode(digitsOf(unixTime)));
}

/** UTCTime through 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(unixTime: number): Der {
  const digits = digitsOf(unixTime);
  const year = Number(digits.slice(0, 4));
  return year >= 1950 && year < 2050 ? tlv(0x17, textEncoder.encode(digits.slice(2))) : generalizedTime(unixTime);
}

/** [tagNumber] EXPLICIT. */
export const explicit = (tagNumber: number, der: Uint8Array): Der => tlv(0xa0 | tagNumber, der);

/** [tagNumber] IMPLICIT over one TLV whose length is kept. */
export function implicit(tagNumber: number, der: Uint8Array): Der {
  const retagged = new Uint8Array(der);
  retagged[0] = 0x80 | ((der[0] ?? 0) & 0x20) | tagNumber;
  return retagged;
}

/** [tagNumber] IMPLICIT of a primitive type, from its content octets. */
export const contextPrimitive = (tagNumber: number, content: Uint8Array): Der => tlv(0x80 | tagNumber, content);

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexOctets[byte] ?? '';
  return text;
}

/** Octets of an even number of hex digits; anything else is a RangeError. */
export function fromHex(text: string): Der {
  const bytes = new Uint8Array(text.length >> 1);
  let isHex = text.length % 2 === 0;
  for (let at = 0; at < bytes.length; at++) {
    const high = hexDigits[text.charCodeAt(2 * at)] ?? noDigit;
    const low = hexDigits[text.charCodeAt(2 * at + 1)] ?? noDigit;
    isHex &&= high !== noDigit && low !== noDigit;
    bytes[at] = (high << 4) | low;
  }
  if (!isHex) throw new RangeError('not whole octets in hex');
  return bytes;
}

const noDigit = 0xff;
const hexOctets = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));
/** By character code. */
const hexDigits = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return digit === -1 ? noDigit : digit;
});

export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

export const equalBytes = (one: Uint8Array, other: Uint8Array): boolean => compareBytes(one, other) === 0;

function twosComplement(value: bigint): Uint8Array {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (rest !== 0n && rest !== -1n);
  const negative = value < 0n;
  const topBit = ((octets[0] ?? 0) & 0x80) !== 0;
  if (negative !== topBit) octets.unshift(negative ? 0xff : 0x00);
  return Uint8Array.from(octets);
}

function base128(value: bigint): Uint8Array {
  const octets = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from(octets);
}

function digitsOf(unixTime: number): string {
  return new Date(unixTime * 1000).toISOString().replace(/[-:T]|\.000/g, '');
}
