/** Where in a log a key stands: eight octets a slot, whatever the keys are. A million lines are no burden. */

/** What a line is looked up by. */
export type IndexedBy = 'case' | 'digest' | 'serialNumber';

const kinds: Readonly<Record<IndexedBy, number>> = { case: 1, digest: 2, serialNumber: 3 };
const offsetsAtOnce = 65_536;
const fewestSlots = 1 << 10;

/**
 * Keys are kept as fingerprints of 32 bits, so what is found is a candidate: the line itself has to be asked. Lines are
 * numbered in the order in which they were added.
 */
export class LineIndex {
  readonly #seed: number;
  readonly #offsets: Float64Array[] = [];
  /** Pairs: a fingerprint, and the number of its line plus one; open addressing. */
  #slots = new Uint32Array(2 * fewestSlots);
  #keys = 0;
  #lines = 0;

  /** `seed`: any number that nobody outside knows, so that no keys can be made that collide. */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** The next line, which begins at this octet of the file. Its number. */
  addLine(offset: number): number {
    const place = this.#lines % offsetsAtOnce;
    if (place === 0) this.#offsets.push(new Float64Array(offsetsAtOnce));
    const chunk = this.#offsets.at(-1);
    if (chunk !== undefined) chunk[place] = offset;
    return this.#lines++;
  }

  addKey(kind: IndexedBy, key: string, line: number): void {
    if (4 * ++this.#keys > 3 * (this.#slots.length / 2)) this.#grow();
    this.#enter(this.#fingerprint(kind, key), line + 1);
  }

  /** Where lines begin that may have this key. */
  *find(kind: IndexedBy, key: string): Generator<number, void> {
    const wanted = this.#fingerprint(kind, key);
    const mask = this.#slots.length / 2 - 1;
    for (let slot = wanted & mask; ; slot = (slot + 1) & mask) {
      const line = this.#slots[2 * slot + 1] ?? 0;
      if (line === 0) return;
      if (this.#slots[2 * slot] === wanted) yield this.#offsetOf(line - 1);
    }
  }

  #enter(fingerprint: number, line: number): void {
    const mask = this.#slots.length / 2 - 1;
    let slot = fingerprint & mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    this.#slots[2 * slot] = fingerprint;
    this.#slots[2 * slot + 1] = line;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] !== 0) this.#enter(before[at] ?? 0, before[at + 1] ?? 0);
    }
  }

  #offsetOf(line: number): number {
    return this.#offsets[Math.floor(line / offsetsAtOnce)]?.[line % offsetsAtOnce] ?? 0;
  }

  /**
   * FNV-1a with a seed, its bits mixed once more, since the low ones choose the slot. A database may hold a number where
   * there should be a text.
   */
  #fingerprint(kind: IndexedBy, key: string | number): number {
    const text = String(key);
    let hash = (this.#seed ^ kinds[kind]) | 0;
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return (hash ^ (hash >>> 13)) >>> 0;
  }
}
