/** Checkpoints (c2sp.org/tlog-checkpoint): the log's name, how long it was and its Merkle root, signed. */
import { PkiError } from '../errors.ts';
import type { SigningKey } from '../x509/signed.ts';
import { openNote, signNote, type NoteKey } from './signed-note.ts';

export interface Checkpoint {
  /** The log's name, which is also the key's. */
  readonly origin: string;
  /** How many leaves. */
  readonly size: number;
  /** RFC 6962 §2.1, SHA-256, hex. */
  readonly root: string;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, key: SigningKey): Promise<string> {
  return signNote(`${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n`, origin, key);
}

/** The checkpoint of a note. Throws auditBroken where it is malformed, another log's, or not signed by the key. */
export function readCheckpoint(note: string, key: NoteKey): Checkpoint {
  const [origin = '', size = '', root = ''] = openNote(note, key).split('\n');
  const hash = Buffer.from(root, 'base64');
  const holds =
    origin === key.name &&
    /^(0|[1-9][0-9]{0,14})$/.test(size) &&
    hash.length === 32 &&
    hash.toString('base64') === root;
  if (!holds) throw new PkiError('auditBroken', { reason: 'a note is no checkpoint of this log' });
  return { origin, size: Number(size), root: hash.toString('hex') };
}
