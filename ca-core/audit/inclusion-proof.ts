/** One event's proof as a file that needs nothing else (c2sp.org/tlog-proof): its leaf is the extra, unsigned part. */
import { PkiError } from '../errors.ts';
import { readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { decodeAuditLeaf, leafHash, type AuditEvent } from './leaf.ts';
import type { NoteKey } from './signed-note.ts';
import { verifyInclusion } from './verify-proof.ts';

export interface InclusionProof {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly proof: readonly Uint8Array[];
  /** The checkpoint's whole note. */
  readonly note: string;
}

const version = 'c2sp.org/tlog-proof@v1';

export function encodeInclusionProof({ leaf, index, proof, note }: InclusionProof): string {
  const hashes = proof.map(hash => `${base64(hash)}\n`).join('');
  return `${version}\nextra ${base64(leaf)}\nindex ${index}\n${hashes}\n${note}`;
}

/** Throws auditBroken for a text of another form. */
export function readInclusionProof(text: string): InclusionProof {
  const end = text.indexOf('\n\n');
  const [first, extra = '', index = '', ...hashes] = text.slice(0, Math.max(end, 0)).split('\n');
  const isWhole = first === version && /^extra \S+$/.test(extra) && /^index (0|[1-9][0-9]{0,14})$/.test(index);
  const proof = hashes.map(hash => new Uint8Array(Buffer.from(hash, 'base64')));
  if (!isWhole || proof.some(hash => hash.length !== 32)) throw broken('not a proof of an event');
  const leaf = new Uint8Array(Buffer.from(extra.slice(6), 'base64'));
  return { leaf, index: Number(index.slice(6)), proof, note: text.slice(end + 2) };
}

export interface ProvenEvent {
  readonly event: AuditEvent;
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

/** What the proof shows to whoever trusts the key. Throws auditBroken where it shows nothing. */
export function verifyInclusionProof({ leaf, index, proof, note }: InclusionProof, key: NoteKey): ProvenEvent {
  const checkpoint = readCheckpoint(note, key);
  const root = Buffer.from(checkpoint.root, 'hex');
  const holds = verifyInclusion({ index, size: checkpoint.size, leafHash: leafHash(leaf), root, proof });
  if (!holds) throw broken('the event is not in the log of this checkpoint');
  return { event: decodeAuditLeaf(leaf), index, checkpoint };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const broken = (reason: string): PkiError => new PkiError('auditBroken', { reason });
