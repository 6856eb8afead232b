/** A Merkle tree that only grows (RFC 6962 §2.1), kept as the roots of its perfect subtrees. */
import { createHash } from 'node:crypto';
import { nodeHash } from './leaf.ts';

export interface MerkleTree {
  readonly append: (leafHash: Uint8Array) => void;
  readonly size: () => number;
  /** The root of the leaves so far, hex; of none it is SHA-256 of nothing. */
  readonly root: () => string;
  /** What a tree can grow on from later. */
  readonly peaks: () => Peaks;
}

/** Roots of the perfect subtrees, hex, largest first: one for each bit set in `size`. */
export interface Peaks {
  readonly size: number;
  readonly hashes: readonly string[];
}

const noPeaks: Peaks = { size: 0, hashes: [] };

/** A tree that begins with nothing, or where `from` was taken: whether that is right its root must tell. */
export function growMerkleTree(from = noPeaks): MerkleTree {
  let size = from.size;
  const peaks: Uint8Array[] = from.hashes.map(hash => Buffer.from(hash, 'hex'));
  return {
    append: leafHash => {
      let node = leafHash;
      for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(peaks.pop() ?? node, node);
      peaks.push(node);
      size += 1;
    },
    size: () => size,
    root: () => rootOf(peaks),
    peaks: () => ({ size, hashes: peaks.map(peak => Buffer.from(peak).toString('hex')) }),
  };
}

function rootOf(peaks: readonly Uint8Array[]): string {
  const smallest = peaks.at(-1);
  if (smallest === undefined) return createHash('sha256').digest('hex');
  const root = peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), smallest);
  return Buffer.from(root).toString('hex');
}
