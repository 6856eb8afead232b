/**
 * A strict DER reader (X.690 §8–§11), written apart from the writer so that one can judge the other. It refuses
 * indefinite and non-minimal lengths, trailing octets, and values that are not the one DER form.
 */
import { PkiError } from '../errors.ts';
import type { UnixTime } from '../clock.ts';

const tagClasses = ['universal', 'application', 'context', 'private'] as const;
const deepest = 32;

/** One TLV of the input, with all that stands in it. Made in numbers: its octets become an array only for who asks. */
export class DerNode {
  readonly tagClass: 'universal' | 'application' | 'context' | 'private';
  readonly constructed: boolean;
  readonly tagNumber: number;
  /** Empty for a primitive. */
  readonly children: readonly DerNode[];
  /** What was read, and where in it the TLV begins, its content begins, and both end. */
  readonly input: Uint8Array;
  readonly start: number;
  readonly contentAt: number;
  readonly end: number;

  /** The TLV that begins at `start` and ends at `limit` at the latest, which is the end of what it stands in. Throws derMalformed. */
  constructor(input: Uint8Array, start: number, limit: number, depth: number) {
    const identifier = start < limit ? input[start] : undefined;
    if (identifier === undefined || depth > deepest) throw malformed('end of input or nesting too deep');
    const octets = lengthOctets(input, start + 1, limit);
    this.input = input;
    this.start = start;
    this.contentAt = start + 2 + octets;
    this.end = this.contentAt + lengthAt(input, start + 1, octets);
    this.tagNumber = identifier & 0x1f;
    this.constructed = (identifier & 0x20) !== 0;
    this.tagClass = tagClasses[identifier >> 6] ?? 'universal';
    if (this.tagNumber === 0x1f) throw malformed('high tag numbers');
    if (this.end > limit) throw malformed('length beyond the end');
    if (this.tagClass === 'universal') checkForm(this.tagNumber, this.constructed);
    this.children = this.constructed ? readChildren(this, depth + 1) : none;
  }

  /** The content octets. */
  get content(): Uint8Array {
    return this.input.subarray(this.contentAt, this.end);
  }

  /** The whole TLV. */
  get bytes(): Uint8Array {
    return this.input.subarray(this.start, this.end);
  }
}

const none: readonly DerNode[] = [];

/** Reads one TLV that fills the whole input. Throws derMalformed. */
export function readDer(bytes: Uint8Array): DerNode {
  const node = new DerNode(bytes, 0, bytes.length, 0);
  if (node.end !== bytes.length) throw malformed('trailing octets');
  return node;
}

/** Children of a constructed node, exactly `count` where given. Throws derMalformed. */
export function childrenOf(node: DerNode, count?: number): readonly DerNode[] {
  if (!node.constructed) throw malformed('a constructed value was expected');
  if (count !== undefined && node.children.length !== count) throw malformed(`${count} elements were expected`);
  return node.children;
}

/** The node itself when it has this universal tag. Throws derMalformed. */
export function expectTag(node: DerNode | undefined, tagNumber: number): DerNode {
  if (node?.tagClass !== 'universal' || node.tagNumber !== tagNumber) throw malformed(`tag ${tagNumber} was expected`);
  return node;
}

export function readInteger(node: DerNode): bigint {
  return integerOf(expectTag(node, 2).content);
}

export function readEnumerated(node: DerNode): number {
  return Number(integerOf(expectTag(node, 10).content));
}

export function readBoolean(node: DerNode): boolean {
  const content = expectTag(node, 1).content;
  if (content.length !== 1 || (content[0] !== 0x00 && content[0] !== 0xff)) throw malformed('BOOLEAN');
  return content[0] === 0xff;
}

export function readOid(node: DerNode): string {
  const { input, contentAt, end } = expectTag(node, 6);
  let text = '';
  for (let start = contentAt, at = start; at < end; at++) {
    const octet = input[at] ?? 0;
    if (at === start && octet === 0x80) throw malformed('OBJECT IDENTIFIER with padding');
    if ((octet & 0x80) !== 0) continue;
    const arc = arcOf(input, start, at + 1);
    text += start === contentAt ? firstArcs(arc) : `.${arc}`;
    start = at + 1;
  }
  if (contentAt === end || ((input[end - 1] ?? 0) & 0x80) !== 0) throw malformed('OBJECT IDENTIFIER');
  return text;
}

/** The first two arcs are one number. */
function firstArcs(arc: number | bigint): string {
  const root = arc < 40 ? 0 : arc < 80 ? 1 : 2;
  return `${root}.${typeof arc === 'bigint' ? arc - BigInt(40 * root) : arc - 40 * root}`;
}

/** Seven bits an octet; a number holds seven octets of them, and UUIDs (X.667) are wider. */
function arcOf(input: Uint8Array, start: number, end: number): number | bigint {
  if (end - start > 7) return input.subarray(start, end).reduce((arc, octet) => (arc << 7n) | BigInt(octet & 0x7f), 0n);
  let arc = 0;
  for (let at = start; at < end; at++) arc = arc * 0x80 + ((input[at] ?? 0) & 0x7f);
  return arc;
}

export function readOctets(node: DerNode): Uint8Array {
  return expectTag(node, 4).content;
}

export function readBits(node: DerNode): { readonly unused: number; readonly bytes: Uint8Array } {
  const content = expectTag(node, 3).content;
  const unused = content[0];
  const bytes = content.subarray(1);
  if (unused === undefined || unused > 7 || (bytes.length === 0 && unused !== 0)) throw malformed('BIT STRING');
  if (((bytes.at(-1) ?? 0) & ((1 << unused) - 1)) !== 0) throw malformed('BIT STRING with unused bits set');
  return { unused, bytes };
}

/** Text of a UTF8String, PrintableString or IA5String, each within its alphabet. */
export function readText(node: DerNode): string {
  const { tagClass, tagNumber, content } = node;
  if (tagClass === 'universal' && tagNumber === 12) return utf8(content);
  const ascii = latin1(content);
  if (tagClass === 'universal' && tagNumber === 19 && /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(ascii)) return ascii;
  if (tagClass === 'universal' && tagNumber === 22 && content.every(octet => octet < 0x80)) return ascii;
  throw malformed('a character string was expected');
}

/** UTCTime (two-digit years 1950–2049) or GeneralizedTime, whole seconds and Z only (RFC 5280 §4.1.2.5). */
export function readTime(node: DerNode): UnixTime {
  const digits = latin1(node.content);
  const isUtcTime = node.tagClass === 'universal' && node.tagNumber === 23 && /^\d{12}Z$/.test(digits);
  const isGeneralized = node.tagClass === 'universal' && node.tagNumber === 24 && /^\d{14}Z$/.test(digits);
  if (!isUtcTime && !isGeneralized) throw malformed('time');
  const full = isGeneralized ? digits : (Number(digits.slice(0, 2)) < 50 ? '20' : '19') + digits;
  const part = (at: number, length: number): number => Number(full.slice(at, at + length));
  const parts = [part(0, 4), part(4, 2), part(6, 2), part(8, 2), part(10, 2), part(12, 2)] as const;
  const [year, month, day, hour, minute, second] = parts;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // A part beyond its range would have moved the others.
  const calendar = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  if ([...calendar, ...clock].some((value, at) => value !== parts[at])) throw malformed('time');
  return date.getTime() / 1000;
}

function readChildren({ input, contentAt, end }: DerNode, depth: number): readonly DerNode[] {
  const children: DerNode[] = [];
  for (let next = contentAt; next < end;) {
    const child = new DerNode(input, next, end, depth);
    children.push(child);
    next = child.end;
  }
  return children;
}

/** How many octets of length follow the first, which at `at` says so. */
function lengthOctets(input: Uint8Array, at: number, limit: number): number {
  const first = input[at];
  if (first === undefined || at >= limit) throw malformed('end of input');
  if (first < 0x80) return 0;
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4) throw malformed('length form');
  if (at + octets >= limit) throw malformed('end of input');
  return octets;
}

function lengthAt(input: Uint8Array, at: number, octets: number): number {
  if (octets === 0) return input[at] ?? 0;
  let length = 0;
  for (let index = 1; index <= octets; index++) length = length * 256 + (input[at + index] ?? 0);
  if (length < 0x80 || length < 256 ** (octets - 1)) throw malformed('length not minimal');
  return length;
}

/** SEQUENCE and SET are constructed, every other universal type is primitive in DER (X.690 §10.2). */
function checkForm(tagNumber: number, constructed: boolean): void {
  if ((tagNumber === 16 || tagNumber === 17) !== constructed) throw malformed('primitive or constructed');
  if (tagNumber === 0) throw malformed('end-of-contents');
}

function integerOf(content: Uint8Array): bigint {
  const [first, second = 0] = content;
  if (first === undefined) throw malformed('INTEGER without octets');
  const padded = (first === 0x00 && (second & 0x80) === 0) || (first === 0xff && (second & 0x80) !== 0);
  if (content.length > 1 && padded) throw malformed('INTEGER not minimal');
  if (content.length === 1) return BigInt((first << 24) >> 24);
  let value = (first & 0x80) === 0 ? 0n : -1n;
  for (const octet of content) value = (value << 8n) | BigInt(octet);
  return value;
}

/** One character an octet; not by spreading, which overflows the stack at long inputs. */
function latin1(content: Uint8Array): string {
  if (content.length <= 1024) return String.fromCharCode(...content);
  let text = '';
  for (const octet of content) text += String.fromCharCode(octet);
  return text;
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(content: Uint8Array): string {
  try {
    return utf8Decoder.decode(content);
  } catch {
    throw malformed('UTF-8');
  }
}

function malformed(what: string): PkiError {
  return new PkiError('derMalformed', { what });
}
