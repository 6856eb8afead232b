/** How far a job is, how fast, and how long it takes still. */
import type { PortalParts } from '../parts.ts';
import type { BulkJob } from '../store/bulk-jobs.ts';
import { countRows, documentsMade, issuedSince, type RowCounts } from '../store/bulk-row-counts.ts';

export interface Progress {
  readonly counts: RowCounts;
  /** What the bar shows: documents while they are made, afterwards rows that reached their end. */
  readonly done: number;
  readonly of: number;
  /** Certificates a minute, over the last minute or since the start; null while nothing runs. */
  readonly perMinute: number | null;
  /** Seconds at that rate; null where it says nothing. */
  readonly secondsLeft: number | null;
}

const window = 60;

export async function progressOf({ database, clock }: PortalParts, job: BulkJob): Promise<Progress> {
  const counts = await countRows(database, job.id);
  if (job.state === 'checked' || job.state === 'awaitingAttestation') {
    const done = await documentsMade(database, job.id);
    return { counts, done, of: job.size, perMinute: null, secondsLeft: null };
  }
  const done = counts.issued + counts.delivered + counts.failed + counts.cancelled;
  if (job.state !== 'running' || job.startedAt === null) {
    return { counts, done, of: job.size, perMinute: null, secondsLeft: null };
  }
  const now = clock.now();
  const since = Math.max(job.startedAt, now - window);
  const issued = await issuedSince(database, job.id, since - 1);
  const perMinute = Math.round((issued * 60) / Math.max(1, now - since));
  const left = counts.waiting + counts.ordered;
  return {
    counts,
    done,
    of: job.size,
    perMinute,
    secondsLeft: perMinute === 0 ? null : Math.ceil((left * 60) / perMinute),
  };
}
