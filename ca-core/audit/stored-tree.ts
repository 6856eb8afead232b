/** Proofs from stored leaf hashes (RFC 6962 §2.1.1, §2.1.2): every node is hashed once, then each proof is a walk. */
import { createHash } from 'node:crypto';
import { nodeHash } from './leaf.ts';

export interface StoredTree {
  readonly size: number;
  /** MTH(D[0:size]), §2.1. */
  readonly rootAt: (size: number) => Uint8Array;
  /** PATH(index, D[0:size]), §2.1.1: from the leaf's sibling up. Throws RangeError unless index < size ≤ the tree's. */
  readonly inclusion: (index: number, size: number) => readonly Uint8Array[];
  /** PROOF(older, D[0:size]), §2.1.2; empty where both are one. Throws RangeError unless 0 < older ≤ size ≤ the tree's. */
  readonly consistency: (older: number, size: number) => readonly Uint8Array[];
}

const octets = 32;

/** `leafHashes` holds 32 octets for each leaf, one after the other. The tree takes as many again. */
export function openStoredTree(leafHashes: Uint8Array): StoredTree {
  const levels = levelsOver(leafHashes);
  const size = leafHashes.length / octets;
  const rootOf = (start: number, end: number): Uint8Array => rangeRoot(levels, start, end);
  return {
    size,
    rootAt: upTo => {
      checkRange(upTo <= size);
      return upTo === 0 ? createHash('sha256').digest() : rootOf(0, upTo);
    },
    inclusion: (index, upTo) => {
      checkRange(index >= 0 && index < upTo && upTo <= size);
      return path({ index, start: 0, end: upTo, rootOf });
    },
    consistency: (older, upTo) => {
      checkRange(older > 0 && older <= upTo && upTo <= size);
      return subproof({ older, start: 0, end: upTo, rootOf }, 'whole');
    },
  };
}

type RootOf = (start: number, end: number) => Uint8Array;

/** The largest power of two below `count`, where RFC 6962 divides a tree. */
function split(count: number): number {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

interface Path {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly rootOf: RootOf;
}

function path({ index, start, end, rootOf }: Path): Uint8Array[] {
  if (end - start === 1) return [];
  const middle = start + split(end - start);
  return index < middle
    ? [...path({ index, start, end: middle, rootOf }), rootOf(middle, end)]
    : [...path({ index, start: middle, end, rootOf }), rootOf(start, middle)];
}

interface Subproof {
  readonly older: number;
  readonly start: number;
  readonly end: number;
  readonly rootOf: RootOf;
}

/** SUBPROOF(m, D[n], b): `whole` stands for b = true, where the verifier knows the older tree's root already. */
function subproof({ older, start, end, rootOf }: Subproof, known: 'whole' | 'part'): Uint8Array[] {
  if (older === end) return known === 'whole' ? [] : [rootOf(start, end)];
  const middle = start + split(end - start);
  return older <= middle
    ? [...subproof({ older, start, end: middle, rootOf }, known), rootOf(middle, end)]
    : [...subproof({ older, start: middle, end, rootOf }, 'part'), rootOf(start, middle)];
}

/** Level k holds the roots of the perfect subtrees of 2^k leaves. */
function levelsOver(leafHashes: Uint8Array): Uint8Array[] {
  const levels = [leafHashes];
  for (let below = leafHashes; below.length >= 2 * octets;) {
    const count = Math.floor(below.length / (2 * octets));
    const level = new Uint8Array(count * octets);
    for (let at = 0; at < count; at++)
      level.set(nodeHash(hashAt(below, 2 * at), hashAt(below, 2 * at + 1)), at * octets);
    levels.push(level);
    below = level;
  }
  return levels;
}

function rangeRoot(levels: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const count = end - start;
  const height = Math.log2(count);
  const level = levels[height];
  // Divided as §2.1 divides, a range of 2^k leaves begins at a multiple of 2^k: it is stored.
  if (level !== undefined && start % count === 0) return hashAt(level, start / count);
  const middle = start + split(count);
  return nodeHash(rangeRoot(levels, start, middle), rangeRoot(levels, middle, end));
}

const hashAt = (level: Uint8Array, index: number): Uint8Array => level.slice(index * octets, (index + 1) * octets);

function checkRange(holds: boolean): void {
  if (!holds) throw new RangeError('no such leaf or size in this tree');
}
