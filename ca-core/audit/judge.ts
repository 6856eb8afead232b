/** The judge of an audit log: needs its lines, signed checkpoints and the public key, and trusts nothing else. */
import { equalBytes } from '../x509/der.ts';
import { readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { leafHash } from './leaf.ts';
import { growMerkleTree, type MerkleTree } from './merkle-tree.ts';
import type { NoteKey } from './signed-note.ts';

/** One line of the log as somebody keeps it: its place, the leaf, and the leaf hash as it was written down. */
export interface AuditLine {
  readonly seq: number;
  readonly leaf: Uint8Array;
  readonly leafHash: Uint8Array;
}

/** Checkpoints from one place. `log`: kept with the log itself; `elsewhere`: a second place, or an auditor's own. */
export interface CheckpointSource {
  readonly kept: 'log' | 'elsewhere';
  readonly place: string;
  readonly notes: readonly string[];
}

export interface JudgedLog {
  readonly lines: AsyncIterable<AuditLine>;
  readonly sources: readonly CheckpointSource[];
  readonly key: NoteKey;
}

export type AuditFaultKind =
  /** A leaf that is not what its own stored hash says. */
  | 'leafEdited'
  | 'leafMissing'
  | 'leafOutOfOrder'
  /** The beginning of the log is gone. */
  | 'headPurged'
  /** The log is shorter than a checkpoint says. */
  | 'tailCut'
  /** Every line is well, and they are not those that were signed. */
  | 'rewritten'
  /** The key signed two histories, of which this log is one. */
  | 'forked'
  | 'checkpointInvalid'
  | 'checkpointMissing';

export interface AuditFault {
  readonly kind: AuditFaultKind;
  readonly sentence: string;
}

export interface AuditVerdict {
  /** How many leaves there are. */
  readonly size: number;
  /** The Merkle root over them, hex. */
  readonly root: string;
  /** The newest checkpoint that the key signed. */
  readonly newest: Checkpoint | undefined;
  readonly checkpoints: number;
  /** Leaves after the newest checkpoint: nobody vouches for them yet. */
  readonly uncovered: number;
  /** None: the log holds. */
  readonly faults: readonly AuditFault[];
}

/** Reads everything once, in memory that does not grow with the log. */
export async function judgeAuditLog({ lines, sources, key }: JudgedLog): Promise<AuditVerdict> {
  const { signed, faults } = readSources(sources, key);
  const reading = await readLines(lines, signed);
  const { tree, size } = reading;
  const newest = signed.at(-1)?.checkpoint;
  const missing: AuditFault[] =
    size > 0 && !signed.some(({ kept }) => kept === 'log')
      ? [{ kind: 'checkpointMissing', sentence: 'no signed checkpoint is kept with the log' }]
      : [];
  const all = [...faults, ...missing, ...reading.faults, ...tailFaults(signed, size), ...rootFaults(signed, reading)];
  const uncovered = Math.max(0, size - (newest?.size ?? 0));
  return { size, root: tree.root(), newest, checkpoints: signed.length, uncovered, faults: all };
}

interface SignedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly kept: CheckpointSource['kept'];
  readonly place: string;
}

/** What the key signed, shortest first, each size and root once. */
function readSources(sources: readonly CheckpointSource[], key: NoteKey) {
  const signed = new Map<string, SignedCheckpoint>();
  const faults: AuditFault[] = [];
  for (const { kept, place, notes } of sources) {
    for (const [at, note] of [...new Set(notes)].entries()) {
      const checkpoint = checkpointOf(note, key);
      if (checkpoint === undefined) {
        faults.push({ kind: 'checkpointInvalid', sentence: `checkpoint ${at + 1} in ${place} is not the key's` });
        continue;
      }
      const name = `${checkpoint.size} ${checkpoint.root}`;
      if (!signed.has(name)) signed.set(name, { checkpoint, kept, place });
    }
  }
  const sorted = [...signed.values()].sort((one, other) => one.checkpoint.size - other.checkpoint.size);
  return { signed: sorted, faults };
}

function checkpointOf(note: string, key: NoteKey): Checkpoint | undefined {
  try {
    return readCheckpoint(note, key);
  } catch {
    return undefined;
  }
}

interface Reading {
  readonly tree: MerkleTree;
  readonly size: number;
  readonly faults: readonly AuditFault[];
  /** The root at each checkpoint's size, as far as the lines stand in their places. */
  readonly roots: ReadonlyMap<number, string>;
}

async function readLines(lines: AsyncIterable<AuditLine>, signed: readonly SignedCheckpoint[]): Promise<Reading> {
  const sizes = new Set(signed.map(({ checkpoint }) => checkpoint.size));
  const tree = growMerkleTree();
  const roots = new Map<number, string>([[0, tree.root()]]);
  const edited: AuditFault[] = [];
  const places = watchPlaces();
  let size = 0;
  for await (const { seq, leaf, leafHash: written } of lines) {
    size += 1;
    places.see(seq);
    if (!equalBytes(leafHash(leaf), written)) edited.push({ kind: 'leafEdited', sentence: `leaf ${seq} was changed` });
    tree.append(written);
    if (places.areWhole() && sizes.has(tree.size())) roots.set(tree.size(), tree.root());
  }
  return { tree, size, faults: [...places.faults(), ...edited], roots };
}

/** Whether each line stands where it says: 0, 1, 2, … A line that comes later than it should is no missing one. */
function watchPlaces() {
  const gaps: { readonly from: number; readonly to: number }[] = [];
  const late = new Set<number>();
  let next = 0;
  return {
    see: (seq: number): void => {
      if (seq < next) late.add(seq);
      else {
        if (seq > next) gaps.push({ from: next, to: seq });
        next = seq + 1;
      }
    },
    areWhole: () => gaps.length === 0 && late.size === 0,
    faults: (): AuditFault[] => [
      ...gaps.flatMap(({ from, to }) => gapFault(from, to, late)),
      ...[...late].map(seq => ({
        kind: 'leafOutOfOrder' as const,
        sentence: `leaf ${seq} does not stand in its place`,
      })),
    ],
  };
}

function gapFault(from: number, to: number, late: ReadonlySet<number>): AuditFault[] {
  if (late.size >= to - from && Array.from({ length: to - from }, (_, at) => from + at).every(seq => late.has(seq)))
    return [];
  const which = to - from === 1 ? `leaf ${from} is missing` : `leaves ${from} to ${to - 1} are missing`;
  return [{ kind: from === 0 ? 'headPurged' : 'leafMissing', sentence: which }];
}

function tailFaults(signed: readonly SignedCheckpoint[], size: number): AuditFault[] {
  const longest = signed.at(-1);
  if (longest === undefined || longest.checkpoint.size <= size) return [];
  const sentence = `there are ${size} leaves, and ${longest.place} has a checkpoint of ${longest.checkpoint.size}`;
  return [{ kind: 'tailCut', sentence }];
}

/** A log that leads to its own newest checkpoint and not to another that the key signed is one of two histories. */
function rootFaults(signed: readonly SignedCheckpoint[], { roots }: Reading): AuditFault[] {
  const compared = signed.filter(({ checkpoint }) => roots.has(checkpoint.size));
  const leads = ({ checkpoint }: SignedCheckpoint): boolean => roots.get(checkpoint.size) === checkpoint.root;
  const wrong = compared.filter(one => !leads(one));
  const right = compared.filter(leads);
  const own = right.filter(({ kept, checkpoint }) => kept === 'log' && checkpoint.size > 0).at(-1);
  return wrong.map(one => {
    const size = one.checkpoint.size;
    const before = right.filter(({ checkpoint }) => checkpoint.size < size).at(-1)?.checkpoint.size ?? 0;
    const isFork = own !== undefined && (own.checkpoint.size >= size || one.kept === 'elsewhere');
    return isFork
      ? { kind: 'forked', sentence: `${one.place} has a signed checkpoint of ${size} leaves of another history` }
      : { kind: 'rewritten', sentence: `among leaves ${before} to ${size - 1} are others than those that were signed` };
  });
}
