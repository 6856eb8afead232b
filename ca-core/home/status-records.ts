/** The last decision about each certificate, in some eighty octets each: a million of them are no burden. */
import type { UnixTime } from '../clock.ts';
import { crlReasons, type CrlReason } from '../x509/crl-entries.ts';
import { SerialNumbers, tableSize } from '../x509/serial-numbers.ts';
import type { JournalEntry, JournalStatus } from './journal-entry.ts';

/** What the database says of a certificate. */
export interface ToldStatus {
  readonly change: string;
  readonly reason: string | null;
  readonly revokedAt: number | null;
}

const width = 59;
const recordsAtOnce = 16_384;
const offsets = {
  at: 0,
  revokedAt: 5,
  notAfter: 10,
  invalidityDate: 15,
  digest: 20,
  index: 52,
  shard: 56,
  flags: 58,
} as const;
const timeWidth = 5;
const noTime = 0xff_ffff_ffff;
const reasons: readonly (CrlReason | null)[] = [null, ...(Object.keys(crlReasons) as CrlReason[])];
/** Two bits, and the reason above them. */
const [isRevoked, isSubscribers, reasonShift] = [1, 2, 2];

export class StatusRecords {
  readonly #serialNumbers: SerialNumbers;
  readonly #chunks: Buffer[] = [];
  #digests: Int32Array;
  #decisions = 0;
  /** Digests of decisions that others followed. */
  readonly #followed = new Set<string>();

  /** `expected`: how many there will be, about; more may come. */
  constructor(expected: number) {
    this.#serialNumbers = new SerialNumbers(expected);
    this.#digests = new Int32Array(tableSize(expected));
  }

  /** How many decisions were put. */
  get decisions(): number {
    return this.#decisions;
  }

  get count(): number {
    return this.#serialNumbers.count;
  }

  put(entry: JournalEntry): void {
    const place = this.#placeFor(entry.serialNumber);
    const [chunk, start] = this.#recordAt(place);
    chunk.writeUIntBE(entry.at, start + offsets.at, timeWidth);
    chunk.writeUIntBE(entry.revokedAt ?? noTime, start + offsets.revokedAt, timeWidth);
    chunk.writeUIntBE(entry.notAfter, start + offsets.notAfter, timeWidth);
    chunk.writeUIntBE(entry.invalidityDate ?? noTime, start + offsets.invalidityDate, timeWidth);
    chunk.fill(0, start + offsets.digest, start + offsets.index).write(entry.digest, start + offsets.digest, 'hex');
    chunk.writeUInt32BE(this.#decisions++, start + offsets.index);
    chunk.writeUInt16BE(entry.shard ?? 0, start + offsets.shard);
    chunk[start + offsets.flags] =
      (entry.change === 'revoked' ? isRevoked : 0) |
      (entry.askedBy === 'subscriber' ? isSubscribers : 0) |
      (reasons.indexOf(entry.reason) << reasonShift);
    this.#learnDigest(place);
  }

  hasDigest(digest: string): boolean {
    if (this.#followed.has(digest)) return true;
    const wanted = Buffer.from(digest, 'hex');
    if (wanted.length !== 32) return false;
    const mask = this.#digests.length - 1;
    for (let slot = wanted.readUInt32BE(0) & mask; this.#digests[slot] !== 0; slot = (slot + 1) & mask) {
      const [chunk, start] = this.#recordAt((this.#digests[slot] ?? 0) - 1);
      if (wanted.compare(chunk, start + offsets.digest, start + offsets.index) === 0) return true;
    }
    return false;
  }

  find(serialNumber: string): number | undefined {
    return this.#serialNumbers.find(serialNumber);
  }

  /** The certificate in a place, counted from 0 in the order of first revocation. */
  at(place: number): JournalStatus {
    const [chunk, start] = this.#recordAt(place);
    const flags = chunk[start + offsets.flags] ?? 0;
    return {
      serialNumber: this.#serialNumbers.at(place),
      at: chunk.readUIntBE(start + offsets.at, timeWidth),
      change: (flags & isRevoked) === 0 ? 'released' : 'revoked',
      reason: (reasons[flags >> reasonShift] ?? null) as JournalStatus['reason'],
      revokedAt: timeAt(chunk, start + offsets.revokedAt),
      invalidityDate: timeAt(chunk, start + offsets.invalidityDate),
      notAfter: chunk.readUIntBE(start + offsets.notAfter, timeWidth),
      shard: chunk.readUInt16BE(start + offsets.shard),
    };
  }

  /** Cheaper than `at`: nothing is made. */
  agrees(place: number, told: ToldStatus): boolean {
    const [chunk, start] = this.#recordAt(place);
    const flags = chunk[start + offsets.flags] ?? 0;
    const isSame = ((flags & isRevoked) !== 0) === (told.change === 'revoked');
    if (!isSame || told.change === 'released') return isSame;
    return timeAt(chunk, start + offsets.revokedAt) === told.revokedAt && reasons[flags >> reasonShift] === told.reason;
  }

  entryAt(place: number): JournalEntry {
    const [chunk, start] = this.#recordAt(place);
    const isTheirs = ((chunk[start + offsets.flags] ?? 0) & isSubscribers) !== 0;
    return { ...this.at(place), askedBy: isTheirs ? 'subscriber' : 'officer', digest: this.#digestAt(place) };
  }

  /** The number of the certificate's last decision, counted from 0. */
  decisionAt(place: number): number {
    const [chunk, start] = this.#recordAt(place);
    return chunk.readUInt32BE(start + offsets.index);
  }

  #placeFor(serialNumber: string): number {
    const known = this.#serialNumbers.find(serialNumber);
    if (known !== undefined) {
      this.#followed.add(this.#digestAt(known));
      return known;
    }
    this.#serialNumbers.add(serialNumber);
    const place = this.#serialNumbers.count - 1;
    if (place % recordsAtOnce === 0) this.#chunks.push(Buffer.alloc(recordsAtOnce * width));
    return place;
  }

  #digestAt(place: number): string {
    const [chunk, start] = this.#recordAt(place);
    return chunk.toString('hex', start + offsets.digest, start + offsets.index);
  }

  /** Slots of earlier decisions stay: they lead to a record that has another digest by now. */
  #learnDigest(place: number): void {
    if (this.#decisions * 2 < this.#digests.length) this.#enter(place);
    else this.#grow();
  }

  #enter(place: number): void {
    const [chunk, start] = this.#recordAt(place);
    const mask = this.#digests.length - 1;
    let slot = chunk.readUInt32BE(start + offsets.digest) & mask;
    while (this.#digests[slot] !== 0) slot = (slot + 1) & mask;
    this.#digests[slot] = place + 1;
  }

  #grow(): void {
    this.#digests = new Int32Array(this.#digests.length * 2);
    for (let place = 0; place < this.count; place++) this.#enter(place);
  }

  #recordAt(place: number): readonly [Buffer, number] {
    const chunk = this.#chunks[Math.floor(place / recordsAtOnce)];
    if (chunk === undefined) throw new RangeError(`there is no certificate ${place}`);
    return [chunk, (place % recordsAtOnce) * width];
  }
}

function timeAt(chunk: Buffer, at: number): UnixTime | null {
  const time = chunk.readUIntBE(at, timeWidth);
  return time === noTime ? null : time;
}
