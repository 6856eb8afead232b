/** The work at a station that makes a token a person's own: one job for each case that is given a token. */
import { readRefusal, type OrderState, type Refusal, type SubjectKey, type TokenState } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

export interface TokenJobRecord {
  readonly id: string;
  readonly lot: string;
  /** In its lot, from 1. */
  readonly number: number;
  /** Of the lot. */
  readonly size: number;
  readonly serial: string;
  readonly station: string;
  readonly caseId: string;
  readonly algorithm: 'rsa-2048' | 'p-256';
  /** 32 octets at most. */
  readonly label: string;
  readonly state: 'open' | 'active' | 'damaged' | 'failed';
  /** Where the key was to come from before. */
  readonly formerKey: SubjectKey;
  readonly givenBy: string;
  readonly givenAt: number;
  readonly takenAt: number | null;
  readonly requestedAt: number | null;
  /** SHA-256 of the SubjectPublicKeyInfo that was handed in, hex. */
  readonly keyHash: string | null;
  readonly endedAt: number | null;
  readonly reason: string | null;
  readonly letterMadeAt: number | null;
}

/** With what the case, the CA core and the token say of it now. */
export interface StandingJob extends TokenJobRecord {
  readonly tokenState: TokenState;
  readonly holder: { readonly name: string; readonly organisationName: string; readonly mailbox: string };
  /** Of the case as it is now; null while there is none. */
  readonly caseDigest: string | null;
  /** What the officers ordered, and whether it is this very document; null while they did not. */
  readonly order: { readonly state: OrderState; readonly document: string; readonly refusal: Refusal | null } | null;
  readonly isIssued: boolean;
}

interface JobRow {
  id: string;
  lot: string;
  number: number;
  size: number;
  serial: string;
  station: string;
  case_id: string;
  algorithm: TokenJobRecord['algorithm'];
  label: string;
  state: TokenJobRecord['state'];
  former_key: string;
  given_by: string;
  given_at: number;
  taken_at: number | null;
  requested_at: number | null;
  key_hash: string | null;
  ended_at: number | null;
  reason: string | null;
  letter_made_at: number | null;
}

interface StandingRow extends JobRow {
  token_state: TokenState;
  kanji_name: string;
  organisation_name: string;
  mailbox: string;
  document_digest: string | null;
  order_state: OrderState | null;
  order_document: string | null;
  refusal: string | null;
  issued: string | null;
}

const table = 'token_jobs';

export async function addTokenJob(database: Database, job: TokenJobRecord): Promise<void> {
  await database<JobRow>(table).insert(rowOf(job));
}

/** Everything that may change. */
export async function keepTokenJob(database: Database, job: TokenJobRecord): Promise<void> {
  const { state, taken_at, requested_at, key_hash, ended_at, reason, letter_made_at } = rowOf(job);
  await database<JobRow>(table)
    .where({ id: job.id })
    .update({ state, taken_at, requested_at, key_hash, ended_at, reason, letter_made_at });
}

export async function findTokenJob(database: Database, id: string): Promise<StandingJob | null> {
  const [row] = await standing(database).where('j.id', id);
  return row === undefined ? null : standingJobOf(row);
}

/** The job that a token, or a case, is at; null where there is none. */
export async function openJobOf(
  database: Database,
  of: { readonly serial: string } | { readonly caseId: string },
): Promise<StandingJob | null> {
  const [row] = await standing(database)
    .where('j.state', 'open')
    .where('serial' in of ? { 'j.serial': of.serial } : { 'j.case_id': of.caseId });
  return row === undefined ? null : standingJobOf(row);
}

/** The newest one. */
export async function lastJobOf(database: Database, serial: string): Promise<StandingJob | null> {
  const [row] = await standing(database)
    .where('j.serial', serial)
    .orderBy([
      { column: 'j.given_at', order: 'desc' },
      { column: 'j.id', order: 'desc' },
    ])
    .limit(1);
  return row === undefined ? null : standingJobOf(row);
}

/** Where the key of a case was to come from before it was given a token; null where it never was. */
export async function formerKeyOf(database: Database, caseId: string): Promise<SubjectKey | null> {
  const row = await database<JobRow>(table).where({ case_id: caseId }).orderBy('given_at').first('former_key');
  return row === undefined ? null : (JSON.parse(row.former_key) as SubjectKey);
}

/** Open ones of cases that were withdrawn or rejected before their key was made. */
export async function jobsOfEndedCases(database: Database): Promise<readonly string[]> {
  return database<JobRow>(`${table} as j`)
    .join('applications as a', 'a.case_id', 'j.case_id')
    .where({ 'j.state': 'open' })
    .whereNull('j.requested_at')
    .whereIn('a.state', ['withdrawn', 'rejected'])
    .pluck<string[]>('j.id');
}

/** Of one station, each by lot and number: the open ones, then the others of those lots, so far as there are not too many. */
export async function jobsAtStation(database: Database, station: string): Promise<readonly StandingJob[]> {
  const lots = database<JobRow>(table).where({ station, state: 'open' }).select('lot');
  const rows = await standing(database)
    .where('j.station', station)
    .whereIn('j.lot', lots)
    .orderByRaw("CASE WHEN j.state = 'open' THEN 0 ELSE 1 END")
    .orderBy([{ column: 'j.given_at' }, { column: 'j.lot' }, { column: 'j.number' }])
    .limit(2_000);
  return rows.map(standingJobOf);
}

function standing(database: Database) {
  return database<StandingRow>(`${table} as j`)
    .join('usb_tokens as t', 't.serial', 'j.serial')
    .join('applications as a', 'a.case_id', 'j.case_id')
    .leftJoin('issuance_orders as o', join => join.on('o.case_id', 'j.case_id').andOn('o.digest', 'a.document_digest'))
    .leftJoin('certificates as c', 'c.case_id', 'j.case_id')
    .select<StandingRow[]>(
      'j.*',
      't.state as token_state',
      'a.kanji_name',
      'a.organisation_name',
      'a.mailbox',
      'a.document_digest',
      'o.state as order_state',
      'o.document as order_document',
      'o.refusal',
      'c.serial_number as issued',
    );
}

const rowOf = (job: TokenJobRecord): JobRow => ({
  id: job.id,
  lot: job.lot,
  number: job.number,
  size: job.size,
  serial: job.serial,
  station: job.station,
  case_id: job.caseId,
  algorithm: job.algorithm,
  label: job.label,
  state: job.state,
  former_key: JSON.stringify(job.formerKey),
  given_by: job.givenBy,
  given_at: job.givenAt,
  taken_at: job.takenAt,
  requested_at: job.requestedAt,
  key_hash: job.keyHash,
  ended_at: job.endedAt,
  reason: job.reason,
  letter_made_at: job.letterMadeAt,
});

function standingJobOf(row: StandingRow): StandingJob {
  const { order_state: state, order_document: document } = row;
  return {
    ...jobOf(row),
    tokenState: row.token_state,
    holder: { name: row.kanji_name, organisationName: row.organisation_name, mailbox: row.mailbox },
    caseDigest: row.document_digest,
    order: state === null || document === null ? null : { state, document, refusal: readRefusal(row.refusal) },
    isIssued: row.issued !== null,
  };
}

const jobOf = (row: JobRow): TokenJobRecord => ({
  id: row.id,
  lot: row.lot,
  number: row.number,
  size: row.size,
  serial: row.serial,
  station: row.station,
  caseId: row.case_id,
  algorithm: row.algorithm,
  label: row.label,
  state: row.state,
  formerKey: JSON.parse(row.former_key) as SubjectKey,
  givenBy: row.given_by,
  givenAt: row.given_at,
  takenAt: row.taken_at,
  requestedAt: row.requested_at,
  keyHash: row.key_hash,
  endedAt: row.ended_at,
  reason: row.reason,
  letterMadeAt: row.letter_made_at,
});
