/**
 * The audit log after a restore. What was signed about it is never contradicted: where leaves are gone that a checkpoint
 * vouches for, the log ends as it is and goes on, with the leaves that are left, under another name.
 */
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpointFiles, type CheckpointFiles } from '../audit/checkpoint-files.ts';
import { readCheckpoint, signCheckpoint, type Checkpoint } from '../audit/checkpoint.ts';
import { exportedLines } from '../audit/export.ts';
import { leafHash } from '../audit/leaf.ts';
import { keyOf, notesOf, storedLines } from '../audit/live-log.ts';
import { growMerkleTree, type MerkleTree } from '../audit/merkle-tree.ts';
import { encodeNoteKey, noteKeyOf, type NoteKey } from '../audit/signed-note.ts';
import type { Clock } from '../clock.ts';
import { PkiError, refusalOf } from '../errors.ts';
import type { AuditLeafRow, AuditStore } from '../store/audit.ts';
import type { RecoveryStore } from '../store/recovery.ts';
import type { SigningKey } from '../x509/signed.ts';
import { equalBytes } from '../x509/der.ts';

export interface AuditLogGround {
  readonly store: AuditStore;
  readonly recovery: RecoveryStore;
  /** `ca/audit` of the home, and the second place where there is one. */
  readonly folder: string;
  readonly copy: string | undefined;
  /** A folder of `kakuin audit export` that has what was lost. */
  readonly exported: string | undefined;
  readonly key: SigningKey;
  readonly clock: Clock;
}

export interface AuditLogOutcome {
  readonly size: number;
  /** Leaves that an export gave back. */
  readonly putBack: number;
  /** Signed for, and in no place any more: from the first to the last. */
  readonly lost: { readonly from: number; readonly to: number } | undefined;
  /** What the log is called from now on, where it had to change. */
  readonly origin: string | undefined;
}

/** Throws auditBroken where the leaves that are left are not those that were signed. */
export async function reopenAuditLog(ground: AuditLogGround): Promise<AuditLogOutcome> {
  const { store, folder, copy } = ground;
  const files = openCheckpointFiles(folder);
  // A recovery that was killed may have closed the log and not begun the next.
  const closed = keyOf(files) === undefined ? closedIn(folder).at(-1) : undefined;
  const folders = [folder, copy, closed].filter(one => one !== undefined);
  const places = folders.map(one => openCheckpointFiles(one));
  const key = places.map(place => keyOf(place)).find(one => one !== undefined);
  if (key === undefined) return { size: await store.size(), putBack: 0, lost: undefined, origin: undefined };
  const signed = places.flatMap(place => checkpointsOf(place, key));
  const newest = signed.reduce(
    (one, other) => (other.checkpoint.size > one.checkpoint.size ? other : one),
    noCheckpoint,
  );
  const tree = await treeOver(store, signed);
  const putBack = await putBackExported(ground, tree, newest.checkpoint);
  const size = tree.size();
  if (newest.checkpoint.size <= size) {
    // The home may be behind its second place.
    if (newest.note !== '' && files.newest() !== newest.note) {
      await files.keep({ at: ground.clock.now(), note: newest.note });
      await files.keepKey(encodeNoteKey(key));
    }
    return { size, putBack, lost: undefined, origin: undefined };
  }
  const origin = await beginAnew(ground, tree, key);
  const lost = { from: size, to: newest.checkpoint.size - 1 };
  await store.note(lostEvent(ground, { before: newest.checkpoint, size, origin }));
  return { size, putBack, lost, origin };
}

interface SignedCheckpoint {
  readonly note: string;
  readonly checkpoint: Checkpoint;
}

const noCheckpoint: SignedCheckpoint = { note: '', checkpoint: { origin: '', size: 0, root: '' } };

function checkpointsOf(files: CheckpointFiles, key: NoteKey): SignedCheckpoint[] {
  return notesOf(files).flatMap(note => {
    try {
      return [{ note, checkpoint: readCheckpoint(note, key) }];
    } catch (error) {
      refusalOf(error);
      return [];
    }
  });
}

/** Of all leaves in the database, held to every checkpoint on the way. */
async function treeOver(store: AuditStore, signed: readonly SignedCheckpoint[]): Promise<MerkleTree> {
  const roots = new Map(signed.map(({ checkpoint }) => [checkpoint.size, checkpoint.root]));
  const tree = growMerkleTree();
  for await (const { seq, leaf, leafHash: written } of storedLines(store)) {
    if (seq !== tree.size() || !equalBytes(leafHash(leaf), written))
      throw broken(`leaf ${tree.size()} is gone or changed`);
    tree.append(written);
    const root = roots.get(tree.size());
    if (root !== undefined && root !== tree.root())
      throw broken(`the first ${tree.size()} leaves are not those that were signed`);
  }
  return tree;
}

/** Believed only where it leads to the newest checkpoint. */
async function putBackExported(
  { exported, recovery }: AuditLogGround,
  tree: MerkleTree,
  newest: Checkpoint,
): Promise<number> {
  if (exported === undefined || newest.size <= tree.size()) return 0;
  const longer = growMerkleTree(tree.peaks());
  const leaves: AuditLeafRow[] = [];
  for await (const line of exportedLines(exported)) {
    if (line.seq !== longer.size() || line.seq >= newest.size) continue;
    leaves.push(line);
    longer.append(leafHash(line.leaf));
  }
  if (longer.size() !== newest.size || longer.root() !== newest.root) return 0;
  await recovery.appendLeaves(leaves);
  for (const { leaf } of leaves) tree.append(leafHash(leaf));
  return leaves.length;
}

/** The closed log's checkpoints stay beside, in closed-1, closed-2, …: none is ever removed. */
async function beginAnew(
  { folder, copy, key, clock }: AuditLogGround,
  tree: MerkleTree,
  old: NoteKey,
): Promise<string> {
  const [, base = old.name, number = '1'] = /^(.*)\/r(\d+)$/.exec(old.name) ?? [];
  const origin = `${base}/r${Number(number) + 1}`;
  for (const place of [folder, ...(copy === undefined ? [] : [copy])]) closeFiles(place);
  const files = openCheckpointFiles(folder);
  const note = await signCheckpoint({ origin, size: tree.size(), root: tree.root() }, key);
  await files.keep({ at: clock.now(), note });
  await files.keepKey(encodeNoteKey(noteKeyOf(origin, key.publicKey)));
  await files.keepPeaks(tree.peaks());
  return origin;
}

/** Oldest first. */
const closedIn = (folder: string): readonly string[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter(name => /^closed-\d+$/.test(name))
    .toSorted((one, other) => Number(one.slice(7)) - Number(other.slice(7)))
    .map(name => join(folder, name));

function closeFiles(folder: string): void {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  if (!names.includes('checkpoint')) return;
  const closed = join(folder, `closed-${closedIn(folder).length + 1}`);
  mkdirSync(closed, { mode: 0o700 });
  for (const name of ['checkpoint', 'checkpoints', 'peaks.json', 'audit.vkey'])
    if (names.includes(name)) renameSync(join(folder, name), join(closed, name));
}

interface Loss {
  readonly before: Checkpoint;
  readonly size: number;
  readonly origin: string;
}

function lostEvent({ clock }: AuditLogGround, { before, size, origin }: Loss) {
  const details = {
    size: String(size),
    signedSize: String(before.size),
    signedRoot: before.root,
    origin: before.origin,
  };
  const what = { action: 'audit.reopened', actor: 'operator', subject: origin, details };
  return { at: clock.now(), service: 'ca-core', ...what };
}

const broken = (reason: string): PkiError => new PkiError('auditBroken', { reason });
