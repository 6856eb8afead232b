/** Proofs that events are in the log, and that the log only grew, against its newest checkpoint. */
import { PkiError } from '../errors.ts';
import { readCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { InclusionProof } from './inclusion-proof.ts';
import type { AuditLine } from './judge.ts';
import { decodeAuditLeaf, type AuditEvent } from './leaf.ts';
import type { NoteKey } from './signed-note.ts';
import { openStoredTree, type StoredTree } from './stored-tree.ts';

/** A log up to its newest checkpoint. */
export interface CheckpointedLog {
  readonly lines: AsyncIterable<AuditLine>;
  readonly note: string;
  readonly key: NoteKey;
}

/** Whether an event is about a case, certificate or person: its subject, or one of its details. */
export function isAbout(event: AuditEvent, id: string): boolean {
  return event.subject === id || Object.values(event.details).includes(id);
}

/** A proof for each event about `id`, oldest first. Throws auditBroken where the log is not the checkpoint's. */
export async function proveEvents(log: CheckpointedLog, id: string): Promise<readonly InclusionProof[]> {
  const found: AuditLine[] = [];
  const { tree, checkpoint } = await readTree(log, line => {
    const event = eventOf(line.leaf);
    if (event !== undefined && isAbout(event, id)) found.push(line);
  });
  return found.map(({ seq, leaf }) => {
    return { leaf, index: seq, proof: tree.inclusion(seq, checkpoint.size), note: log.note };
  });
}

/** PROOF(m, D[n]) from an older checkpoint to the newest. Throws auditBroken where the log does not lead to both. */
export async function proveGrowth(log: CheckpointedLog, older: Checkpoint): Promise<readonly Uint8Array[]> {
  const { tree, checkpoint } = await readTree(log, () => undefined);
  const root = older.size <= tree.size ? Buffer.from(tree.rootAt(older.size)).toString('hex') : undefined;
  if (root !== older.root) throw notOf(older);
  return older.size === 0 ? [] : tree.consistency(older.size, checkpoint.size);
}

/** The event of a leaf that is one. */
export function eventOf(leaf: Uint8Array): AuditEvent | undefined {
  try {
    return decodeAuditLeaf(leaf);
  } catch {
    return undefined;
  }
}

async function readTree({ lines, note, key }: CheckpointedLog, see: (line: AuditLine) => void) {
  const checkpoint = readCheckpoint(note, key);
  const hashes: Uint8Array[] = [];
  for await (const line of lines) {
    if (hashes.length === checkpoint.size) break;
    hashes.push(line.leafHash);
    see(line);
  }
  const tree: StoredTree = openStoredTree(Buffer.concat(hashes));
  const holds =
    tree.size === checkpoint.size && Buffer.from(tree.rootAt(tree.size)).toString('hex') === checkpoint.root;
  if (!holds) throw notOf(checkpoint);
  return { tree, checkpoint };
}

const notOf = ({ size }: Checkpoint): PkiError =>
  new PkiError('auditBroken', { reason: `the log is not the one of the checkpoint of ${size} leaves` });
