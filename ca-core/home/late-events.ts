/** Audit events of what must go on although the audit log cannot be written (design §3): they wait here, on the disk. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import type { AuditEvent } from '../audit/leaf.ts';

export interface LateEvents {
  /** On the disk when this returns. */
  readonly keep: (events: readonly AuditEvent[]) => Promise<void>;
  /** What waits, each marked `backfilled` with an id of its own: a crash may put one twice, never lose one. */
  readonly waiting: () => readonly AuditEvent[];
  /** Forgets what waits, once it is in the outbox. */
  readonly clear: () => Promise<void>;
}

/** Only who leads keeps and clears; the file is read anew each time, since another worker may have led before. */
export function openLateEvents(file: string): LateEvents {
  return {
    keep: events => append(file, events.map(lineOf).join('')),
    waiting: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').flatMap(eventIn) : []),
    clear: () => truncate(file),
  };
}

function lineOf(event: AuditEvent): string {
  // The line break before it ends what a crash left of an earlier write.
  return `\n${JSON.stringify({ ...event, details: { ...event.details, backfilled: randomUUID() } })}\n`;
}

/** A line that a crash cut short is left out: what it was about was not done either. */
function eventIn(line: string): AuditEvent[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as AuditEvent];
  } catch {
    return [];
  }
}

async function append(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
