/** Where a serial number's record lies: a hash table over record numbers, about ten octets for each certificate. */

export interface SerialIndex {
  /** The record number, -1 where there is none; `isAt` says whether a record is really the one. */
  readonly find: (hash: number, isAt: (slot: number) => boolean) => number;
  /** Notes the next record number, counted from 0. `hashes` gives those of all before, when the table must grow. */
  readonly add: (hash: number, hashes: () => Iterable<number>) => void;
}

/** A table this full grows: probes stay short. */
const fullest = 0.85;

/** `expected`: how many will come at least. */
export function openSerialIndex(expected: number): SerialIndex {
  let table = emptyTable(Math.max(1024, 2 ** Math.ceil(Math.log2((expected + 1) / fullest))));
  let count = 0;
  return {
    find: (hash, isAt) => {
      const mark = markOf(hash);
      for (let bucket = hash & table.mask; ; bucket = (bucket + 1) & table.mask) {
        const entry = table.slots[bucket] ?? 0;
        if (entry === 0) return -1;
        if (table.marks[bucket] === mark && isAt(entry - 1)) return entry - 1;
      }
    },
    add: (hash, hashes) => {
      if ((count + 1) / (table.mask + 1) > fullest) {
        table = emptyTable((table.mask + 1) * 2);
        let slot = 0;
        for (const earlier of hashes()) if (slot < count) place(table, earlier, slot++);
      }
      place(table, hash, count++);
    },
  };
}

/** Serial numbers of our CA are random, those that are asked for need not be. */
export function hashOfOctets(input: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (input[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) >>> 0;
}

interface Table {
  readonly mask: number;
  /** Record number + 1, 0 where the bucket is empty. */
  readonly slots: Int32Array;
  /** Eight other bits of the hash, so that few records are looked at in vain. */
  readonly marks: Uint8Array;
}

function emptyTable(buckets: number): Table {
  return { mask: buckets - 1, slots: new Int32Array(buckets), marks: new Uint8Array(buckets) };
}

const markOf = (hash: number): number => hash >>> 24;

function place(table: Table, hash: number, slot: number): void {
  let bucket = hash & table.mask;
  while (table.slots[bucket] !== 0) bucket = (bucket + 1) & table.mask;
  table.slots[bucket] = slot + 1;
  table.marks[bucket] = markOf(hash);
}
