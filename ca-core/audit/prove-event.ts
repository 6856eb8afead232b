import { PkiError } from '../errors.ts';
import type { AuditStore } from '../store/audit.ts';
import { readCheckpoint } from './checkpoint.ts';
import { encodeInclusionProof } from './inclusion-proof.ts';
import { readNoteKey } from './signed-note.ts';
import { openStoredTree } from './stored-tree.ts';

const batch = 5_000;

/**
 * The proof that a leaf is in the log of the newest published checkpoint (c2sp.org/tlog-proof); undefined until a
 * checkpoint covers it. Throws auditBroken where the log is not the checkpoint's.
 */
export async function proveEvent(
  store: Pick<AuditStore, 'from' | 'published'>,
  seq: number,
): Promise<string | undefined> {
  const published = await store.published();
  if (published === undefined) return undefined;
  const { size, root } = readCheckpoint(published.note, readNoteKey(published.key));
  if (seq >= size) return undefined;
  const hashes: Uint8Array[] = [];
  let leaf: Uint8Array | undefined;
  while (hashes.length < size) {
    const rows = await store.from(hashes.length, Math.min(batch, size - hashes.length));
    if (rows.length === 0) throw broken();
    for (const row of rows) {
      if (row.seq === seq) leaf = row.leaf;
      hashes.push(row.leafHash);
    }
  }
  const tree = openStoredTree(Buffer.concat(hashes));
  if (leaf === undefined || Buffer.from(tree.rootAt(size)).toString('hex') !== root) throw broken();
  return encodeInclusionProof({ leaf, index: seq, proof: tree.inclusion(seq, size), note: published.note });
}

const broken = (): PkiError => new PkiError('auditBroken', { reason: 'the log is not the one of its checkpoint' });
