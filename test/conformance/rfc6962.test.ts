/** RFC 6962: the Merkle tree of the audit log, against Certificate Transparency's own vectors and a naive reading of §2.1. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../ca-core/audit/leaf.ts';
import { growMerkleTree } from '../../ca-core/audit/merkle-tree.ts';
import { openStoredTree, type StoredTree } from '../../ca-core/audit/stored-tree.ts';
import { verifyConsistency, verifyInclusion } from '../../ca-core/audit/verify-proof.ts';

/** The inputs and roots of certificate-transparency's merkle_tree_test. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  text => Buffer.from(text, 'hex'),
);
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

const naiveSplit = (count: number): number => 2 ** Math.ceil(Math.log2(count) - 1);

/** §2.1 as it is written. */
function naiveRoot(entries: readonly Uint8Array[]): Buffer {
  const [only] = entries;
  if (only === undefined) return sha256();
  if (entries.length === 1) return sha256(Uint8Array.of(0), only);
  const k = naiveSplit(entries.length);
  return sha256(Uint8Array.of(1), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)));
}

/** §2.1.1 as it is written. */
function naivePath(m: number, entries: readonly Uint8Array[]): Buffer[] {
  if (entries.length === 1) return [];
  const k = naiveSplit(entries.length);
  return m < k
    ? [...naivePath(m, entries.slice(0, k)), naiveRoot(entries.slice(k))]
    : [...naivePath(m - k, entries.slice(k)), naiveRoot(entries.slice(0, k))];
}

/** §2.1.2 as it is written. */
function naiveSubproof(m: number, entries: readonly Uint8Array[], b: boolean): Buffer[] {
  if (m === entries.length) return b ? [] : [naiveRoot(entries)];
  const k = naiveSplit(entries.length);
  return m <= k
    ? [...naiveSubproof(m, entries.slice(0, k), b), naiveRoot(entries.slice(k))]
    : [...naiveSubproof(m - k, entries.slice(k), false), naiveRoot(entries.slice(0, k))];
}

const treeOf = (entries: readonly Uint8Array[]): StoredTree => openStoredTree(Buffer.concat(entries.map(leafHash)));
const manyEntries = fc.array(fc.uint8Array({ maxLength: 4 }), { minLength: 1, maxLength: 70 });
/** A tree, a size of it, and a smaller one. */
const aTree = manyEntries.chain(entries =>
  fc
    .integer({ min: 1, max: entries.length })
    .chain(size =>
      fc.record({ entries: fc.constant(entries), size: fc.constant(size), older: fc.integer({ min: 1, max: size }) }),
    ),
);

describe('RFC 6962 §2.1: Merkle hash trees', () => {
  it('§2.1: the empty tree is SHA-256 of nothing, and the eight leaves have their known roots', () => {
    const tree = growMerkleTree();
    expect(tree.root()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const grown = leaves.map(leaf => (tree.append(leafHash(leaf)), tree.root()));
    expect(grown).toEqual(roots);
    expect(roots.map((_, at) => hex(treeOf(leaves).rootAt(at + 1)))).toEqual(roots);
  });

  it('§2.1: grown, stored and naive trees agree; peaks resume one', () => {
    fc.assert(
      fc.property(aTree, ({ entries, older }) => {
        const tree = growMerkleTree();
        entries.slice(0, older).forEach(entry => tree.append(leafHash(entry)));
        const resumed = growMerkleTree(tree.peaks());
        entries.slice(older).forEach(entry => resumed.append(leafHash(entry)));
        expect(resumed.size()).toBe(entries.length);
        expect(resumed.root()).toBe(hex(naiveRoot(entries)));
        expect(hex(treeOf(entries).rootAt(older))).toBe(hex(naiveRoot(entries.slice(0, older))));
      }),
    );
  });
});

describe('RFC 6962 §2.1.1: Merkle audit paths', () => {
  it('§2.1.1: the known paths of the eight leaves', () => {
    const tree = treeOf(leaves);
    expect(tree.inclusion(0, 8).map(hex)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(tree.inclusion(5, 8).map(hex)).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(tree.inclusion(2, 3).map(hex)).toEqual(['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']);
  });

  it('§2.1.1: every path is the naive one and verifies; with anything changed it does not', () => {
    fc.assert(
      fc.property(aTree, fc.nat(), ({ entries, size, older }, noise) => {
        const index = older - 1;
        const part = entries.slice(0, size);
        const proof = treeOf(entries).inclusion(index, size);
        expect(proof.map(hex)).toEqual(naivePath(index, part).map(hex));
        const leaf = leafHash(entries[index] ?? Buffer.of());
        const claim = { index, size, leafHash: leaf, root: naiveRoot(part), proof };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: sha256(leaf) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: sha256(claim.root) })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...proof, leaf] })).toBe(false);
        expect(verifyInclusion({ ...claim, index: size })).toBe(false);
        if (proof.length === 0) return;
        const spoiled = noise % proof.length;
        expect(verifyInclusion({ ...claim, proof: proof.filter((_, at) => at !== spoiled) })).toBe(false);
        expect(
          verifyInclusion({ ...claim, proof: proof.map((hash, at) => (at === spoiled ? sha256(hash) : hash)) }),
        ).toBe(false);
      }),
    );
  });
});

describe('RFC 6962 §2.1.2: Merkle consistency proofs', () => {
  it('§2.1.2: the known proofs of the eight leaves', () => {
    const tree = treeOf(leaves);
    expect(tree.consistency(1, 8).map(hex)).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(tree.consistency(6, 8).map(hex)).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(tree.consistency(2, 5).map(hex)).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('§2.1.2: every proof is the naive one and verifies; with anything changed it does not', () => {
    fc.assert(
      fc.property(aTree, fc.nat(), ({ entries, size, older }, noise) => {
        const proof = treeOf(entries).consistency(older, size);
        expect(proof.map(hex)).toEqual(naiveSubproof(older, entries.slice(0, size), true).map(hex));
        const claim = {
          older: { size: older, root: naiveRoot(entries.slice(0, older)) },
          newer: { size, root: naiveRoot(entries.slice(0, size)) },
          proof,
        };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, older: { size: older, root: sha256(claim.older.root) } })).toBe(false);
        expect(verifyConsistency({ ...claim, newer: { size, root: sha256(claim.newer.root) } })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...proof, sha256()] })).toBe(false);
        if (proof.length === 0) return;
        const spoiled = noise % proof.length;
        expect(verifyConsistency({ ...claim, proof: proof.filter((_, at) => at !== spoiled) })).toBe(false);
        expect(
          verifyConsistency({ ...claim, proof: proof.map((hash, at) => (at === spoiled ? sha256(hash) : hash)) }),
        ).toBe(false);
      }),
    );
  });
});
