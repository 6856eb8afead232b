/** Rows of jobs, one a person: what stands in them, how far each is, and which the CA core has closed. */
import type { Knex } from 'knex';
import type { Claim } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { rowsThatMayBecome, type RowState } from '../bulk/states.ts';
import type { BulkJob } from './bulk-jobs.ts';
import type { Database } from './database.ts';

/** How the LRA saw a person, by ids of policies/identity.yaml. */
export interface SeenAs {
  readonly document: string;
  readonly method: string;
  /** Unix seconds. */
  readonly seenAt: number;
}

export interface RowContent {
  readonly claim: Claim;
  /** Fields as they were typed, where that differs. */
  readonly typed: Readonly<Record<string, string>>;
  readonly seen: readonly SeenAs[];
}

export interface BulkRow {
  /** As Excel counts. */
  readonly rowNumber: number;
  readonly state: RowState;
  readonly content: RowContent;
  readonly caseId: string | null;
  readonly digest: string | null;
  readonly position: number | null;
}

/** As the table has it. */
export interface StoredRow {
  job_id: string;
  row_number: number;
  file_hash: string | null;
  profile: string;
  state: RowState;
  code: string | null;
  fault: string | null;
  content: string;
  name: string;
  mailbox: string;
  case_id: string | null;
  digest: string | null;
  position: number | null;
  changed_at: number;
  issued_at: number | null;
}

const table = 'bulk_rows';
const rowsAtOnce = 100;

/** What is new goes in whole; a row of the same file for the same profile is refused. Throws fileTwice {job}. */
export async function addRows(
  trx: Database,
  job: BulkJob,
  rows: readonly (RowContent & { readonly rowNumber: number })[],
): Promise<void> {
  const before = await trx<StoredRow>(table).where({ file_hash: job.fileHash, profile: job.profile }).first('job_id');
  if (before !== undefined) throw new PkiError('fileTwice', { job: before.job_id });
  const stored = rows.map(({ rowNumber, claim, typed, seen }) => ({
    job_id: job.id,
    row_number: rowNumber,
    file_hash: job.fileHash,
    profile: job.profile,
    state: 'waiting' as const,
    content: JSON.stringify({ claim, typed, seen } satisfies RowContent),
    name: claim.kanjiName,
    mailbox: claim.mailbox,
    changed_at: job.createdAt,
  }));
  await trx.batchInsert(table, stored, rowsAtOnce);
}

/** The job that has a file for a profile already, or null. */
export async function jobWithFile(database: Database, fileHash: string, profile: string): Promise<string | null> {
  const row = await database<StoredRow>(table).where({ file_hash: fileHash, profile }).first('job_id');
  return row?.job_id ?? null;
}

/** Waiting rows that have no document yet, in the file's order. */
export async function rowsWithoutDocument(
  database: Database,
  jobId: string,
  limit: number,
): Promise<readonly BulkRow[]> {
  return rowsFor(database, jobId, query => query.where('state', 'waiting').whereNull('digest').limit(limit));
}

/** The rows of the list at these positions. */
export async function rowsAt(
  database: Database,
  jobId: string,
  positions: readonly number[],
): Promise<readonly BulkRow[]> {
  return rowsFor(database, jobId, query => query.whereIn('position', [...positions]));
}

export async function rowOfCase(
  database: Database,
  caseId: string,
): Promise<{ readonly jobId: string; readonly rowNumber: number; readonly state: RowState } | null> {
  const row = await database<StoredRow>(table).where('case_id', caseId).first('job_id', 'row_number', 'state');
  return row === undefined ? null : { jobId: row.job_id, rowNumber: row.row_number, state: row.state };
}

type RowQuery = Knex.QueryBuilder<StoredRow, StoredRow[]>;

async function rowsFor(
  database: Database,
  jobId: string,
  narrow: (query: RowQuery) => RowQuery,
): Promise<readonly BulkRow[]> {
  const all: RowQuery = database<StoredRow, StoredRow[]>(table).where('job_id', jobId);
  const rows = await narrow(all).orderBy('row_number');
  return rows.map(row => ({
    rowNumber: row.row_number,
    state: row.state,
    content: JSON.parse(row.content) as RowContent,
    caseId: row.case_id,
    digest: row.digest,
    position: row.position,
  }));
}

/** Where the documents stand that were made of rows. */
export async function noteDocuments(
  trx: Database,
  jobId: string,
  made: readonly { readonly rowNumber: number; readonly caseId: string; readonly digest: string }[],
): Promise<void> {
  for (const { rowNumber, caseId, digest } of made) {
    await trx<StoredRow>(table).where({ job_id: jobId, row_number: rowNumber }).update({ case_id: caseId, digest });
  }
}

/** Numbers the waiting rows that have a document from 0, in the file's order; their digests in that order. */
export async function numberRows(trx: Database, jobId: string): Promise<readonly string[]> {
  await trx.raw(
    `UPDATE bulk_rows SET position = numbered.place FROM (
       SELECT "row_number" AS line, ROW_NUMBER() OVER (ORDER BY "row_number") - 1 AS place
       FROM bulk_rows WHERE job_id = ? AND state = 'waiting' AND digest IS NOT NULL
     ) AS numbered WHERE bulk_rows.job_id = ? AND bulk_rows."row_number" = numbered.line`,
    [jobId, jobId],
  );
  const digests = await trx<StoredRow>(table)
    .where('job_id', jobId)
    .whereNotNull('position')
    .orderBy('position')
    .pluck('digest');
  return digests.map(String);
}

/** Everything listed that waits is ordered. How many. */
export async function orderListed(trx: Database, jobId: string, at: number): Promise<number> {
  return trx<StoredRow>(table)
    .where({ job_id: jobId, state: 'waiting' })
    .whereNotNull('position')
    .update({ state: 'ordered', changed_at: at });
}

export interface RowMove {
  readonly to: RowState;
  readonly at: number;
  readonly code?: string;
  readonly fault?: Readonly<Record<string, unknown>>;
}

/** Moves rows, as far as the table of transitions lets them; how many moved. */
export async function moveRows(
  trx: Database,
  jobId: string,
  rowNumbers: readonly number[],
  { to, at, code, fault }: RowMove,
): Promise<number> {
  let moved = 0;
  for (let from = 0; from < rowNumbers.length; from += 500) {
    moved += await trx<StoredRow>(table)
      .where('job_id', jobId)
      .whereIn('row_number', rowNumbers.slice(from, from + 500))
      .whereIn('state', [...rowsThatMayBecome(to)])
      .update({
        state: to,
        changed_at: at,
        code: code ?? null,
        fault: fault === undefined ? null : JSON.stringify(fault),
        ...(to === 'issued' ? { issued_at: at } : {}),
        ...(to === 'cancelled' ? { file_hash: null } : {}),
      });
  }
  return moved;
}

/** What waits or failed is cancelled, and its file may be submitted again for these rows. How many. */
export async function cancelRows(trx: Database, jobId: string, at: number): Promise<number> {
  return trx<StoredRow>(table)
    .where('job_id', jobId)
    .whereIn('state', ['waiting', 'failed'])
    .update({ state: 'cancelled', changed_at: at, file_hash: null });
}

/** Rows that failed wait again, for new documents and another list. The cases they had, which count no more. */
export async function retryRows(trx: Database, jobId: string, at: number): Promise<readonly CaseBefore[]> {
  const failed = trx<StoredRow>(table).where({ job_id: jobId, state: 'failed' });
  const before = await failed.clone().whereNotNull('case_id').select('case_id', 'digest');
  await trx<StoredRow>(table).where('job_id', jobId).update({ position: null });
  await failed.update({ state: 'waiting', changed_at: at, code: null, fault: null, case_id: null, digest: null });
  return before.map(row => ({ caseId: row.case_id ?? '', digest: row.digest ?? '' }));
}

export interface CaseBefore {
  readonly caseId: string;
  readonly digest: string;
}

/** Cases of rows that wait or failed, which the CA core has no order of. */
export async function casesWithoutOrder(database: Database, jobId: string): Promise<readonly CaseBefore[]> {
  const rows = await database<StoredRow>(table)
    .where('job_id', jobId)
    .whereIn('state', ['waiting', 'failed'])
    .whereNotNull('case_id')
    .select('case_id', 'digest');
  return rows.map(row => ({ caseId: row.case_id ?? '', digest: row.digest ?? '' }));
}
