/** What each place says of each serial number, in some eighty octets: a million certificates are no burden. */
import { createHash } from 'node:crypto';
import { SerialNumbers } from '../x509/serial-numbers.ts';

/** One column each: a fingerprint, 0 for nothing. */
export const places = [
  'tbs',
  'tbsMore',
  'case',
  'der',
  'event',
  'journal',
  'database',
  'crl',
  'published',
  'ocsp',
  'notAfter',
  'decidedAt',
] as const;
export type Place = (typeof places)[number];

export const marks = {
  logged: 1,
  recorded: 2,
  intendedEvent: 4,
  issuedEvent: 8,
  revokedEvent: 16,
  /** Signed so lately that not every place can know of it. */
  young: 32,
  /** The same of its last decision. */
  decidedLately: 64,
  ocspKnown: 128,
  isSigner: 256,
  recovered: 512,
} as const;
export type Mark = keyof typeof marks;

const fewest = 1024;

export class Ledger {
  readonly #serialNumbers = new SerialNumbers();
  #marks = new Uint16Array(fewest);
  readonly #columns = new Map<Place, Uint32Array>(places.map(place => [place, new Uint32Array(fewest)]));

  get count(): number {
    return this.#serialNumbers.count;
  }

  find(serialNumber: string): number | undefined {
    return this.#serialNumbers.find(serialNumber);
  }

  /** Its number, which it is given where it had none. */
  enter(serialNumber: string): number {
    const known = this.#serialNumbers.find(serialNumber);
    if (known !== undefined) return known;
    this.#serialNumbers.add(serialNumber);
    if (this.count > this.#marks.length) this.#grow();
    return this.count - 1;
  }

  serialNumberAt(at: number): string {
    return this.#serialNumbers.at(at);
  }

  mark(at: number, mark: Mark): void {
    this.#marks[at] = (this.#marks[at] ?? 0) | marks[mark];
  }

  unmark(at: number, mark: Mark): void {
    this.#marks[at] = (this.#marks[at] ?? 0) & ~marks[mark];
  }

  has(at: number, mark: Mark): boolean {
    return ((this.#marks[at] ?? 0) & marks[mark]) !== 0;
  }

  say(at: number, place: Place, what: number): void {
    const column = this.#columns.get(place);
    if (column !== undefined) column[at] = what;
  }

  at(at: number, place: Place): number {
    return this.#columns.get(place)?.[at] ?? 0;
  }

  #grow(): void {
    const length = this.#marks.length * 2;
    const before = this.#marks;
    this.#marks = new Uint16Array(length);
    this.#marks.set(before);
    for (const [place, column] of this.#columns) {
      const longer = new Uint32Array(length);
      longer.set(column);
      this.#columns.set(place, longer);
    }
  }
}

/** Never 0. It finds mistakes and rot; whoever looks for another text with the same 32 bits finds one, and is caught elsewhere. */
export function fingerprint(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) || 1;
}

/** What stands of a certificate: 0 where it is good. A CRL writes `unspecified` as no reason (RFC 5280 §5.3.1). */
export function statusPrint(
  status: { readonly reason: string | null; readonly revokedAt: number | null } | undefined,
): number {
  if (status === undefined) return 0;
  return fingerprint(`${status.reason ?? 'unspecified'} ${status.revokedAt ?? ''}`);
}

/** Sixty-four bits of a hash in hex. */
export const hashPrints = (hash: string): readonly [number, number] => [
  Number.parseInt(hash.slice(0, 8), 16),
  Number.parseInt(hash.slice(8, 16), 16),
];
