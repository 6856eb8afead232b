/** What the CA core made for the rows of a job: PKCS#12 files, and their passwords sealed to the custodian. */
import type { RowState } from '../bulk/states.ts';
import type { Database } from './database.ts';

export interface ResultRow {
  readonly rowNumber: number;
  readonly state: RowState;
  readonly caseId: string;
  readonly name: string;
  readonly romanName: string;
  readonly mailbox: string;
  /** SHA-256 of the case document, hex. */
  readonly digest: string;
  readonly serialNumber: string;
  readonly notAfter: number;
  /** Null once it was erased. */
  readonly pkcs12: Uint8Array | null;
  readonly sealedPassword: Uint8Array | null;
  readonly expiresAt: number;
}

interface JoinedRow {
  row_number: number;
  state: RowState;
  case_id: string;
  name: string;
  roman_name: string;
  mailbox: string;
  digest: string;
  serial_number: string;
  not_after: number;
  pkcs12?: Buffer | null;
  sealed_password?: Buffer | null;
  expires_at: number | null;
}

/** Issued rows of a job in the file's order, those after a row; without the octets, which many rows would fill memory with. */
export async function resultRows(
  database: Database,
  jobId: string,
  { after, limit, only }: ResultPart,
): Promise<readonly ResultRow[]> {
  const rows = await joined(database)
    .where('r.job_id', jobId)
    .where('r.row_number', '>', after)
    .orderBy('r.row_number')
    .limit(limit)
    .select<JoinedRow[]>(...columns, `d.${only}`);
  return rows.map(resultOf);
}

export interface ResultPart {
  readonly after: number;
  readonly limit: number;
  /** Which of the two: whoever gets the one never sees the other. */
  readonly only: 'pkcs12' | 'sealed_password';
}

/** The PKCS#12 of one case; null where it is no row of a job or not issued. */
export async function fileOfCase(database: Database, caseId: string): Promise<ResultRow | null> {
  const rows = await joined(database)
    .where('r.case_id', caseId)
    .select<JoinedRow[]>(...columns, 'd.pkcs12');
  return rows[0] === undefined ? null : resultOf(rows[0]);
}

/** When files were first handed out. */
export async function notePickedUp(trx: Database, caseIds: readonly string[], at: number): Promise<void> {
  for (let from = 0; from < caseIds.length; from += 500) {
    await trx('deliveries')
      .whereIn('case_id', caseIds.slice(from, from + 500))
      .whereNull('picked_up_at')
      .update({ picked_up_at: at });
  }
}

/** The files are where they belong: nothing of them stays here. How many. */
export async function eraseFiles(trx: Database, caseIds: readonly string[]): Promise<number> {
  let erased = 0;
  for (let from = 0; from < caseIds.length; from += 500) {
    erased += await trx('deliveries')
      .whereIn('case_id', caseIds.slice(from, from + 500))
      .whereNotNull('pkcs12')
      .update({ pkcs12: null });
  }
  return erased;
}

const columns = [
  'r.row_number',
  'r.state',
  'r.case_id',
  'r.name',
  'a.roman_name',
  'r.mailbox',
  'r.digest',
  'c.serial_number',
  'c.not_after',
  'd.expires_at',
] as const;

const joined = (database: Database) =>
  database('bulk_rows as r')
    .join('applications as a', 'a.case_id', 'r.case_id')
    .join('certificates as c', 'c.case_id', 'r.case_id')
    .leftJoin('deliveries as d', 'd.case_id', 'r.case_id')
    .whereIn('r.state', ['issued', 'delivered']);

function resultOf(row: JoinedRow): ResultRow {
  return {
    rowNumber: row.row_number,
    state: row.state,
    caseId: row.case_id,
    name: row.name,
    romanName: row.roman_name,
    mailbox: row.mailbox,
    digest: row.digest,
    serialNumber: row.serial_number,
    notAfter: row.not_after,
    pkcs12: octets(row.pkcs12),
    sealedPassword: octets(row.sealed_password),
    expiresAt: row.expires_at ?? 0,
  };
}

const octets = (stored: Buffer | null | undefined): Uint8Array | null =>
  stored === null || stored === undefined ? null : new Uint8Array(stored);
