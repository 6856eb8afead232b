/** The audit log's one sequencer: outbox to log, tree, checkpoints (design §3). */
import type { Clock, UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import type { LateEvents } from '../home/late-events.ts';
import type { AuditStore } from '../store/audit.ts';
import { equalBytes } from '../x509/der.ts';
import type { AuditKey } from './audit-key.ts';
import { readCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { CheckpointFiles } from './checkpoint-files.ts';
import { leafHash } from './leaf.ts';
import { growMerkleTree, type MerkleTree } from './merkle-tree.ts';
import { encodeNoteKey, noteKeyOf, readNoteKey } from './signed-note.ts';

export interface AuditGround {
  readonly store: AuditStore;
  readonly files: CheckpointFiles;
  /** The second place, where there is one. */
  readonly copy: CheckpointFiles | undefined;
  readonly lateEvents: LateEvents;
  readonly key: AuditKey;
  readonly clock: Clock;
  /** Seconds between two checkpoints at least. */
  readonly every: number;
  /** Told whenever the second place fails, and when it works again (no fault). */
  readonly onCopy: (fault: string | undefined) => Promise<void>;
}

export interface AuditSequencer {
  /**
   * Puts late events into the outbox, appends what waits there to the log, and signs a checkpoint when one is due. How
   * many leaves are new. Throws where any of it cannot be written, and auditBroken where the log is not the one that
   * the last checkpoint is about: then nothing may be issued.
   */
  readonly sequence: () => Promise<number>;
  /** Another worker writes the log from now on: what is known of it here is out of date. */
  readonly stepDown: () => void;
  /** A last checkpoint, before the CA core stops. */
  readonly close: () => Promise<void>;
}

/** Nothing is read before the first `sequence`, so that revocation and CRLs go on beside a log that is broken. */
export function openAuditSequencer(ground: AuditGround): AuditSequencer {
  let log: SignedLog | undefined;
  return {
    sequence: async () => {
      log ??= await openLog(ground);
      await backfill(ground);
      const { from, leafHashes } = await ground.store.sequence(2000, log.tree.size());
      await catchUp(ground.store, log.tree, from);
      leafHashes.forEach(log.tree.append);
      if (ground.clock.now() - log.triedAt >= ground.every) await writeCheckpoint(ground, log);
      return leafHashes.length;
    },
    stepDown: () => (log = undefined),
    close: async () => {
      if (log !== undefined) await writeCheckpoint(ground, log);
    },
  };
}

interface SignedLog {
  readonly tree: MerkleTree;
  readonly origin: string;
  /** When a checkpoint was last tried. */
  triedAt: UnixTime;
  /** The newest checkpoint in the home, and how far the second place followed. */
  newest: { readonly size: number; readonly note: string };
  copied: number | undefined;
  published: number | undefined;
}

/**
 * Grows on from the peaks beside the newest checkpoint. That its signature, its root, the log's length and its first
 * and last leaf hold is checked here; whether every leaf before it is still what it was, only the verifier reads.
 */
async function openLog(ground: AuditGround): Promise<SignedLog> {
  const line = ground.files.key() ?? (await beginLog(ground));
  const { name: origin, publicKey } = readNoteKey(line);
  const note = ground.files.newest();
  const isOwn = equalBytes(noteKeyOf(origin, ground.key.key.publicKey).publicKey, publicKey);
  if (!isOwn || note === undefined) throw broken(isOwn ? 'the newest checkpoint is missing' : 'another key signed it');
  const checkpoint = readCheckpoint(note, { name: origin, publicKey });
  const { size } = checkpoint;
  const found = await ground.store.size();
  if (found < size)
    throw broken(`the log had ${size} leaves and has ${found}: where a backup was put back, kakuin recover`);
  await checkEnds(ground.store, size);
  const tree = await treeOf(ground, checkpoint);
  await catchUp(ground.store, tree, found);
  return { tree, origin, triedAt: 0, newest: { size, note }, copied: undefined, published: undefined };
}

/** The first checkpoint is of what the log holds by then: nothing in a new home. */
async function beginLog(ground: AuditGround): Promise<string> {
  const { files, store, clock } = ground;
  const { key, origin, age } = ground.key;
  // A key that signed before has a log: its checkpoints were taken away.
  if (age === 'kept' && (await store.size()) > 0) throw broken('the checkpoints are missing');
  const tree = growMerkleTree();
  await catchUp(store, tree, await store.size());
  const note = await signCheckpoint({ origin, size: tree.size(), root: tree.root() }, key);
  await files.keep({ at: clock.now(), note });
  const line = encodeNoteKey(noteKeyOf(origin, key.publicKey));
  await files.keepKey(line);
  return line;
}

/** From the peaks where they are the checkpoint's, else from every leaf. */
async function treeOf({ files, store }: AuditGround, { size, root }: Checkpoint): Promise<MerkleTree> {
  const peaks = files.peaks();
  const resumed = growMerkleTree(peaks);
  if (resumed.size() === size && resumed.root() === root) return resumed;
  const tree = growMerkleTree();
  await catchUp(store, tree, size);
  if (tree.root() !== root) throw broken(`the log is not the one of the checkpoint of ${size} leaves`);
  return tree;
}

async function checkEnds(store: AuditStore, size: number): Promise<void> {
  if (size === 0) return;
  for (const seq of [0, size - 1]) {
    const [row] = await store.from(seq, 1);
    if (row?.seq !== seq || !equalBytes(leafHash(row.leaf), row.leafHash))
      throw broken(`leaf ${seq} is gone or changed`);
  }
}

/** Appends the leaves up to `size` that another run wrote: one that was interrupted, or another leader. */
async function catchUp(store: AuditStore, tree: MerkleTree, size: number): Promise<void> {
  while (tree.size() < size) {
    const rows = await store.from(tree.size(), Math.min(5000, size - tree.size()));
    if (rows.length === 0) throw broken(`leaf ${tree.size()} is gone`);
    for (const row of rows) {
      const holds = row.seq === tree.size() && equalBytes(leafHash(row.leaf), row.leafHash);
      if (!holds) throw broken(`leaf ${tree.size()} is gone or changed`);
      tree.append(row.leafHash);
    }
  }
}

async function backfill({ store, lateEvents }: AuditGround): Promise<void> {
  const late = lateEvents.waiting();
  if (late.length === 0) return;
  await store.noteAll(late);
  await lateEvents.clear();
}

async function writeCheckpoint(ground: AuditGround, log: SignedLog): Promise<void> {
  const { files, key, clock } = ground;
  log.triedAt = clock.now();
  const size = log.tree.size();
  if (size !== log.newest.size) {
    const note = await signCheckpoint({ origin: log.origin, size, root: log.tree.root() }, key.key);
    await files.keep({ at: clock.now(), note });
    log.newest = { size, note };
    await files.keepPeaks(log.tree.peaks());
  }
  if (log.published !== size) {
    await ground.store.publish({ note: log.newest.note, key: files.key() ?? '' });
    log.published = size;
  }
  await writeCopy(ground, log);
}

/** The second place may be a disk or machine that is away: it is alarmed and tried again, and stops nothing. */
async function writeCopy({ copy, files, clock, onCopy }: AuditGround, log: SignedLog): Promise<void> {
  if (copy === undefined || log.copied === log.newest.size) return;
  try {
    await copy.keep({ at: clock.now(), note: log.newest.note });
    await copy.keepKey(files.key() ?? '');
    log.copied = log.newest.size;
    await onCopy(undefined);
  } catch (error) {
    await onCopy(error instanceof Error ? error.message : String(error));
  }
}

const broken = (reason: string): PkiError => new PkiError('auditBroken', { reason });
