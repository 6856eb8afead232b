/** How many rows of a job stand where, and a page of them. */
import type { RowState } from '../bulk/states.ts';
import type { StoredRow } from './bulk-rows.ts';
import type { Database } from './database.ts';

const table = 'bulk_rows';

/** A row as the pages list it. */
export interface RowLine {
  readonly rowNumber: number;
  readonly state: RowState;
  readonly code: string | null;
  readonly fault: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly mailbox: string;
  readonly caseId: string | null;
  readonly position: number | null;
  readonly changedAt: number;
}

export type RowCounts = Readonly<Record<RowState, number>>;

export async function countRows(database: Database, jobId: string): Promise<RowCounts> {
  const rows = await database<StoredRow>(table)
    .where('job_id', jobId)
    .groupBy('state')
    .select('state')
    .count<{ state: RowState; n: number }[]>('* as n');
  const none: RowCounts = { waiting: 0, ordered: 0, issued: 0, delivered: 0, failed: 0, cancelled: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
}

/** How many were issued since. */
export async function issuedSince(database: Database, jobId: string, since: number): Promise<number> {
  const [row] = await database<StoredRow>(table)
    .where('job_id', jobId)
    .where('issued_at', '>', since)
    .count<{ n: number }[]>('* as n');
  return row?.n ?? 0;
}

export interface RowSearch {
  readonly state: RowState | null;
  /** From 1. */
  readonly page: number;
  readonly limit: number;
}

/** In the file's order. */
export async function rowLines(
  database: Database,
  jobId: string,
  { state, page, limit }: RowSearch,
): Promise<readonly RowLine[]> {
  const query = database<StoredRow>(table).where('job_id', jobId);
  if (state !== null) void query.where({ state });
  const rows = await query
    .orderBy('row_number')
    .limit(limit)
    .offset((page - 1) * limit);
  return rows.map(row => ({
    rowNumber: row.row_number,
    state: row.state,
    code: row.code,
    fault: JSON.parse(row.fault ?? '{}') as Record<string, unknown>,
    name: row.name,
    mailbox: row.mailbox,
    caseId: row.case_id,
    position: row.position,
    changedAt: row.changed_at,
  }));
}

/** Rows whose document is made, or that will not get one. */
export async function documentsMade(database: Database, jobId: string): Promise<number> {
  const [row] = await database<StoredRow>(table)
    .where('job_id', jobId)
    .where(made => void made.whereNotNull('digest').orWhereNot('state', 'waiting'))
    .count<{ n: number }[]>('* as n');
  return row?.n ?? 0;
}
