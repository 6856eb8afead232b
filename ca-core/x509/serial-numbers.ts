/** Many serial numbers in little memory: each has its place, in the order in which they came. */
import { PkiError } from '../errors.ts';

/** Twenty octets and how many of them count (RFC 5280 §4.1.2.2). */
const width = 21;
const placesAtOnce = 65_536;

const serialNumbers = /^([0-9a-f]{2}){1,20}$/;

export class SerialNumbers {
  #count = 0;
  #table: Int32Array;
  readonly #chunks: Buffer[] = [];
  readonly #key = Buffer.alloc(width);

  /** `expected`: how many there will be, about; more may come. */
  constructor(expected = 0) {
    this.#table = new Int32Array(tableSize(expected));
  }

  get count(): number {
    return this.#count;
  }

  /** Its place, counted from 0, or undefined; so too for what is no serial number, since a database may ask about that. */
  find(serialNumber: string): number | undefined {
    if (!serialNumbers.test(serialNumber)) return undefined;
    const slot = this.#slotOf(this.#encode(serialNumber));
    const place = this.#table[slot] ?? 0;
    return place === 0 ? undefined : place - 1;
  }

  /** Gives it the next place. False where it has one already. */
  add(serialNumber: string): boolean {
    if (this.#count * 2 >= this.#table.length) this.#grow();
    const slot = this.#slotOf(this.#encode(serialNumber));
    if (this.#table[slot] !== 0) return false;
    if (this.#count % placesAtOnce === 0) this.#chunks.push(Buffer.allocUnsafe(placesAtOnce * width));
    this.#key.copy(this.#chunkOf(this.#count), (this.#count % placesAtOnce) * width);
    this.#table[slot] = ++this.#count;
    return true;
  }

  /** The serial number at a place below `count`. */
  at(place: number): string {
    const start = (place % placesAtOnce) * width;
    const chunk = this.#chunkOf(place);
    return chunk.toString('hex', start + 1, start + 1 + (chunk[start] ?? 0));
  }

  /** In the order of their places. */
  *[Symbol.iterator](): Generator<string, void> {
    for (let place = 0; place < this.#count; place++) yield this.at(place);
  }

  #encode(serialNumber: string): number {
    const length = this.#key.write(serialNumber, 1, 'hex');
    for (let at = length + 1; at < width; at++) this.#key[at] = 0;
    if (length * 2 !== serialNumber.length || length === 0)
      throw new PkiError('crlInvalid', { reason: `serial number ${serialNumber}` });
    this.#key[0] = length;
    return hashOf(this.#key, 0);
  }

  /** Where the key that was encoded stands in the table, or would. */
  #slotOf(hash: number): number {
    const mask = this.#table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#table[slot] ?? 0;
      if (place === 0 || this.#isAt(place - 1)) return slot;
    }
  }

  #isAt(place: number): boolean {
    const chunk = this.#chunkOf(place);
    const start = (place % placesAtOnce) * width;
    for (let at = 0; at < width; at++) if (chunk[start + at] !== this.#key[at]) return false;
    return true;
  }

  #chunkOf(place: number): Buffer {
    const chunk = this.#chunks[Math.floor(place / placesAtOnce)];
    if (chunk === undefined) throw new RangeError(`there is no place ${place}`);
    return chunk;
  }

  #grow(): void {
    this.#table = new Int32Array(this.#table.length * 2);
    const mask = this.#table.length - 1;
    for (let place = 0; place < this.#count; place++) {
      let slot = hashOf(this.#chunkOf(place), (place % placesAtOnce) * width) & mask;
      while (this.#table[slot] !== 0) slot = (slot + 1) & mask;
      this.#table[slot] = place + 1;
    }
  }
}

/** Slots for so many: a power of two, at least two for each. */
export const tableSize = (expected: number): number => 2 ** Math.max(10, Math.ceil(Math.log2(2 * expected + 2)));

/** FNV-1a. Serial numbers are drawn by the CA at random, so nobody chooses collisions. */
function hashOf(bytes: Buffer, start: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < start + width; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
