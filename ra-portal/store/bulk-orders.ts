/** Rows of jobs beside the CA core's orders for them. */
import type { Database } from './database.ts';

/** Rows that were listed and for which the signatures made no order: their case had changed. */
export async function rowsLeftOut(database: Database, jobId: string): Promise<readonly number[]> {
  const rows = await database('bulk_rows as r')
    .leftJoin('issuance_orders as o', 'o.case_id', 'r.case_id')
    .where({ 'r.job_id': jobId, 'r.state': 'ordered' })
    .whereNull('o.case_id')
    .select<{ rowNumber: number }[]>('r.row_number as rowNumber');
  return rows.map(({ rowNumber }) => rowNumber);
}

export interface ClosedOrder {
  readonly rowNumber: number;
  readonly caseId: string;
  readonly state: 'issued' | 'refused';
  /** JSON {code, values}. */
  readonly refusal: string | null;
}

/** What the CA core has closed of the rows that were ordered. */
export async function closedOrders(database: Database, jobId: string, limit: number): Promise<readonly ClosedOrder[]> {
  return database('bulk_rows as r')
    .join('issuance_orders as o', 'o.case_id', 'r.case_id')
    .where({ 'r.job_id': jobId, 'r.state': 'ordered' })
    .whereIn('o.state', ['issued', 'refused'])
    .limit(limit)
    .select<ClosedOrder[]>('r.row_number as rowNumber', 'r.case_id as caseId', 'o.state', 'o.refusal');
}
