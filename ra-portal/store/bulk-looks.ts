/** Which officer has looked at which row of a job's sample. */
import type { BulkJob } from './bulk-jobs.ts';
import type { Database } from './database.ts';

export interface Look {
  readonly position: number;
  readonly memberId: string;
  readonly lookedAt: number;
}

interface LookRow {
  job_id: string;
  round: number;
  position: number;
  member_id: string;
  looked_at: number;
}

export async function addLook(database: Database, job: BulkJob, { position, memberId, lookedAt }: Look): Promise<void> {
  await database<LookRow>('bulk_looks')
    .insert({ job_id: job.id, round: job.round, position, member_id: memberId, looked_at: lookedAt })
    .onConflict(['job_id', 'round', 'position', 'member_id'])
    .ignore();
}

/** Of this round's list. */
export async function looksOf(database: Database, job: BulkJob): Promise<readonly Look[]> {
  const rows = await database<LookRow>('bulk_looks').where({ job_id: job.id, round: job.round }).orderBy('looked_at');
  return rows.map(row => ({ position: row.position, memberId: row.member_id, lookedAt: row.looked_at }));
}
