/** What is red and what is still to be told, in a file of the monitor's own: the news that the database is away cannot wait in it. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from '../ca-core/schema.ts';
import type { Alert } from '../ca-core/index.ts';
import type { Log } from '../ca-core/log.ts';
import type { RedReading } from './alerts.ts';

/** An alert on its way to one of those who carry it. */
export interface Errand {
  readonly carrier: string;
  readonly alert: Alert;
  readonly attempts: number;
  readonly nextAt: number;
}

export interface JournalState {
  readonly red: readonly RedReading[];
  readonly errands: readonly Errand[];
}

export interface AlertJournal {
  readonly read: () => JournalState;
  /** Counts from now on; where it cannot be kept it counts while this program runs. */
  readonly write: (state: JournalState) => void;
  /** Keeps what counts. False where it cannot be: the disk is full, or the folder not this program's to write. */
  readonly keep: () => boolean;
}

const time = z.number().int();
const alert = z.object({
  id: z.uuid(),
  reading: z.string().max(32),
  subject: z.string().max(64),
  state: z.enum(['red', 'green']),
  cause: z.enum(['change', 'reminder']),
  value: z.number().nullable(),
  since: time,
  raisedAt: time,
}) as z.ZodType<Alert>;
const red = z.object({
  name: z.string(),
  subject: z.string(),
  since: time,
  toldAt: time.nullable(),
}) as unknown as z.ZodType<RedReading>;
const journal = z.object({
  red: z.array(red),
  errands: z.array(z.object({ carrier: z.string(), alert, attempts: time, nextAt: time })),
});

export function openAlertJournal(home: string, log: Log): AlertJournal {
  const path = join(home, 'alerts.json');
  let state = readState(path, log);
  const keep = (): boolean => {
    try {
      mkdirSync(home, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
      return true;
    } catch (error) {
      log.error({ err: error }, 'the journal of alerts cannot be kept');
      return false;
    }
  };
  return {
    keep,
    read: () => state,
    write: next => {
      state = next;
      keep();
    },
  };
}

function readState(path: string, log: Log): JournalState {
  const empty = { red: [], errands: [] };
  try {
    return journal.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    // Without it people are told anew of what is red; nothing is lost but what was on its way.
    const isNew = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isNew) log.error({ err: error }, 'the journal of alerts cannot be read');
    return empty;
  }
}
