/** The log where it lives: leaves in the database, checkpoints and public key in the CA core's home and its second place. */
import type { AuditStore } from '../store/audit.ts';
import { openCheckpointFiles, type CheckpointFiles } from './checkpoint-files.ts';
import type { AuditLine, CheckpointSource, JudgedLog } from './judge.ts';
import { readNoteKey, type NoteKey } from './signed-note.ts';

export interface AuditPlaces {
  /** `ca/audit` in the home. */
  readonly folder: string;
  /** KAKUIN_AUDIT_COPY, where it is set. */
  readonly copy?: string | undefined;
}

/** All lines from the database, in order, a few thousand at a time. */
export async function* storedLines(store: AuditStore, upTo = Infinity): AsyncGenerator<AuditLine> {
  for (let next = 0; next < upTo;) {
    const rows = await store.from(next, Math.min(5000, upTo - next));
    for (const row of rows) if (row.seq < upTo) yield row;
    const last = rows.at(-1);
    if (last === undefined) return;
    next = last.seq + 1;
  }
}

/** What judgeAuditLog needs; nothing where the CA core of this home has not begun its log. */
export function liveLog(store: AuditStore, { folder, copy }: AuditPlaces): JudgedLog | undefined {
  const files = openCheckpointFiles(folder);
  const key = keyOf(files);
  if (key === undefined) return undefined;
  const sources: CheckpointSource[] = [{ kept: 'log', place: folder, notes: notesOf(files) }];
  if (copy !== undefined) {
    sources.push({ kept: 'elsewhere', place: copy, notes: notesOf(openCheckpointFiles(copy)) });
  }
  return { lines: storedLines(store), sources, key };
}

/** The public key that the log's files name, once it was begun. Throws auditBroken where it is unreadable. */
export function keyOf(files: CheckpointFiles): NoteKey | undefined {
  const line = files.key();
  return line === undefined ? undefined : readNoteKey(line);
}

export function notesOf(files: CheckpointFiles): string[] {
  const newest = files.newest();
  return [...files.all().map(({ note }) => note), ...(newest === undefined ? [] : [newest])];
}
