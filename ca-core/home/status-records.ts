/** The last decision about each certificate, in some ninety octets each: a million of them are no burden. */
import { crlReasons, type CrlReason } from '../x509/crl-entries.ts';
import { SerialNumbers, tableSize } from '../x509/serial-numbers.ts';
import type { JournalEntry, JournalStatus } from './journal-entry.ts';

/** What the database says of a certificate. */
export interface ToldStatus {
  readonly change: string;
  readonly reason: string | null;
  readonly revokedAt: number | null;
}

const width = 66;
const recordsAtOnce = 16_384;
const offsets = { at: 0, revokedAt: 6, notAfter: 12, invalidityDate: 18, digest: 26, index: 58, shard: 62 } as const;
const [reasonOffset, flagsOffset] = [64, 65];
const noTime = 0xffff_ffff_ffff;
const reasons: readonly (CrlReason | null)[] = [null, ...(Object.keys(crlReasons) as CrlReason[])];
const [isRevoked, isSubscribers] = [1, 2];

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
    chunk.writeUIntBE(entry.at, start + offsets.at, 6);
    chunk.writeUIntBE(entry.revokedAt ?? noTime, start + offsets.revokedAt, 6);
    chunk.writeUIntBE(entry.notAfter, start + offsets.notAfter, 6);
    chunk.writeDoubleBE(entry.invalidityDate ?? Number.NaN, start + offsets.invalidityDate);
    chunk.fill(0, start + offsets.digest, start + offsets.index).write(entry.digest, start + offsets.digest, 'hex');
    chunk.writeUInt32BE(this.#decisions++, start + offsets.index);
    chunk.writeUInt16BE(entry.shard ?? 0, start + offsets.shard);
    chunk[start + reasonOffset] = reasons.indexOf(entry.reason);
    chunk[start + flagsOffset] =
      (entry.change === 'revoked' ? isRevoked : 0) | (entry.askedBy === 'subscriber' ? isSubscribers : 0);
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
    const revokedAt = chunk.readUIntBE(start + offsets.revokedAt, 6);
    const invalidityDate = chunk.readDoubleBE(start + offsets.invalidityDate);
    return {
      serialNumber: this.#serialNumbers.at(place),
      at: chunk.readUIntBE(start + offsets.at, 6),
      change: ((chunk[start + flagsOffset] ?? 0) & isRevoked) === 0 ? 'released' : 'revoked',
      reason: (reasons[chunk[start + reasonOffset] ?? 0] ?? null) as JournalStatus['reason'],
      revokedAt: revokedAt === noTime ? null : revokedAt,
      invalidityDate: Number.isNaN(invalidityDate) ? null : invalidityDate,
      notAfter: chunk.readUIntBE(start + offsets.notAfter, 6),
      shard: chunk.readUInt16BE(start + offsets.shard),
    };
  }

  /** Cheaper than `at`: nothing is made. */
  agrees(place: number, told: ToldStatus): boolean {
    const [chunk, start] = this.#recordAt(place);
    const isSame = (((chunk[start + flagsOffset] ?? 0) & isRevoked) !== 0) === (told.change === 'revoked');
    if (!isSame || told.change === 'released') return isSame;
    const revokedAt = chunk.readUIntBE(start + offsets.revokedAt, 6);
    return revokedAt === (told.revokedAt ?? noTime) && reasons[chunk[start + reasonOffset] ?? 0] === told.reason;
  }

  entryAt(place: number): JournalEntry {
    const [chunk, start] = this.#recordAt(place);
    const isTheirs = ((chunk[start + flagsOffset] ?? 0) & isSubscribers) !== 0;
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
