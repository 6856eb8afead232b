/** Lists: every place in every size leads to its root, and nothing else does. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { listPaths, listRoot, readListPlace, rootOfPath } from '../../ca-core/approvals/list.ts';
import { openStoredTree } from '../../ca-core/audit/stored-tree.ts';
import { leafHash } from '../../ca-core/audit/leaf.ts';

const digests = Array.from({ length: 200 }, (_, at) => createHash('sha256').update(String(at)).digest('hex'));

describe('a list', () => {
  it('has the root that RFC 6962 gives, and a path from every place', () => {
    for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100, 200]) {
      const cases = digests.slice(0, size);
      const tree = openStoredTree(Buffer.concat(cases.map(digest => leafHash(Buffer.from(digest, 'hex')))));
      const root = listRoot(cases);
      const paths = listPaths(cases);
      expect(root).toBe(Buffer.from(tree.rootAt(size)).toString('hex'));
      cases.forEach((digest, position) => {
        const path = paths[position] ?? [];
        expect(path.length).toBeLessThanOrEqual(8);
        expect(rootOfPath(digest, { position, size, path })).toBe(root);
      });
    }
  });

  it('leads nowhere for another case, place, size or path', () => {
    const cases = digests.slice(0, 5);
    const root = listRoot(cases);
    const path = listPaths(cases)[1] ?? [];
    const [zero = '', one = '', two = ''] = cases;
    expect(rootOfPath(zero, { position: 1, size: 5, path })).not.toBe(root);
    expect(rootOfPath(one, { position: 0, size: 5, path })).not.toBe(root);
    expect(rootOfPath(one, { position: 1, size: 5, path: path.with(0, two) })).not.toBe(root);
    expect(rootOfPath(one, { position: 1, size: 5, path: path.toReversed() })).not.toBe(root);
    for (const [position, size, way] of [
      [5, 5, path],
      [1, 5, path.slice(1)],
      [1, 5, [...path, two]],
      [1, 1, path],
      [0, 1, [two]],
    ] as const) {
      expect(() => rootOfPath(one, { position, size, path: way })).toThrow(/listInvalid/);
    }
    // A node is no leaf: the digests that a path leads over cannot stand for a case.
    expect(rootOfPath(path[0] ?? '', { position: 0, size: 2, path: [path[1] ?? ''] })).not.toBe(root);
  });

  it('is read strictly', () => {
    const good = { text: '{}', position: 0, path: [] };
    expect(readListPlace(good)).toEqual(good);
    for (const bad of [null, 'nonsense', { ...good, path: ['zz'] }, { ...good, position: -1 }, { ...good, more: 1 }]) {
      expect(() => readListPlace(bad)).toThrow(/documentMalformed/);
    }
  });
});
