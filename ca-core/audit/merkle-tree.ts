/** A Merkle tree that only grows (RFC 6962 §2.1), kept as the roots of its perfect subtrees. */
import { createHash } from 'node:crypto';
import { nodeHash } from './leaf.ts';

export interface MerkleTree {
  readonly append: (leafHash: Uint8Array) => void;
  readonly size: () => number;
  /** The root of the leaves so far, hex; of none it is SHA-256 of nothing. */
  readonly root: () => string;
}

export function growMerkleTree(): MerkleTree {
  let size = 0;
  // Roots of perfect subtrees, largest first: one for each bit set in `size`.
  const peaks: Uint8Array[] = [];
  return {
    append: leafHash => {
      let node = leafHash;
      for (let bits = size; (bits & 1) === 1; bits >>>= 1) node = nodeHash(peaks.pop() ?? node, node);
      peaks.push(node);
      size += 1;
    },
    size: () => size,
    root: () => rootOf(peaks),
  };
}

function rootOf(peaks: readonly Uint8Array[]): string {
  const smallest = peaks.at(-1);
  if (smallest === undefined) return createHash('sha256').digest('hex');
  const root = peaks.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), smallest);
  return Buffer.from(root).toString('hex');
}
