/** Jobs of many rows; the rows are in bulk-rows.ts. */
import type { KeyAlgorithm, RegisterRecords } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { mayBecome, type JobState } from '../bulk/states.ts';
import type { Language } from '../words/language.ts';
import type { Database } from './database.ts';

export interface BulkJob {
  /** `J26-XXXX-XXXX`. */
  readonly id: string;
  /** Corporate Number. */
  readonly organisation: string;
  /** Id in people. */
  readonly submittedBy: string;
  /** Id of the same LRA on the roll: it attests, and stands in the evidence. */
  readonly lraMember: string;
  readonly profile: string;
  readonly language: Language;
  /** SHA-256 of the upload, hex. */
  readonly fileHash: string;
  readonly fileName: string;
  readonly size: number;
  readonly state: JobState;
  /** Whether each person picks up their own PKCS#12, or the LRA takes all of them. */
  readonly delivery: 'person' | 'package';
  readonly keyAlgorithm: KeyAlgorithm;
  readonly compatibility: 0 | 1;
  /** Who opens the passwords: id in people, and the public half (X25519, hex) they are sealed to. */
  readonly custodian: string;
  readonly sealTo: string;
  readonly register: RegisterRecords;
  readonly round: number;
  readonly attestationDigest: string | null;
  readonly listDigest: string | null;
  /** Positions in the list that the officers look at. */
  readonly sample: readonly number[] | null;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

interface JobRow {
  id: string;
  organisation: string;
  submitted_by: string;
  lra_member: string;
  profile: string;
  language: Language;
  file_hash: string;
  file_name: string;
  size: number;
  state: JobState;
  delivery: 'person' | 'package';
  key_algorithm: KeyAlgorithm;
  compatibility: 0 | 1;
  custodian: string;
  seal_to: string;
  register: string;
  round: number;
  attestation_digest: string | null;
  list_digest: string | null;
  sample: string | null;
  created_at: number;
  changed_at: number;
  started_at: number | null;
  finished_at: number | null;
}

const table = 'bulk_jobs';

export async function addJob(database: Database, job: BulkJob): Promise<void> {
  await database<JobRow>(table).insert(rowOf(job));
}

/** Throws jobUnknown. */
export async function findJob(database: Database, id: string): Promise<BulkJob> {
  const row = await database<JobRow>(table).where({ id }).first();
  if (row === undefined) throw new PkiError('jobUnknown');
  return jobOf(row);
}

/** For a step: nobody else's step in this job runs meanwhile. Throws jobUnknown. */
export async function holdJob(trx: Database, id: string): Promise<BulkJob> {
  const row = await trx<JobRow>(table).where({ id }).forUpdate().first();
  if (row === undefined) throw new PkiError('jobUnknown');
  return jobOf(row);
}

/** Writes what changed; a state only where the table of transitions lets it. Throws jobState {state}. */
export async function keepJob(trx: Database, before: BulkJob, change: Partial<BulkJob>): Promise<BulkJob> {
  const after = { ...before, ...change };
  if (after.state !== before.state && !mayBecome(before.state, after.state)) {
    throw new PkiError('jobState', { state: before.state });
  }
  await trx<JobRow>(table).where('id', before.id).update(rowOf(after));
  return after;
}

/** Newest first. */
export async function jobsOf(database: Database, organisation: string): Promise<readonly BulkJob[]> {
  const rows = await database<JobRow>(table).where({ organisation }).orderBy('created_at', 'desc').limit(100);
  return rows.map(jobOf);
}

/** Jobs at which something may have happened, oldest first: open ones, and those the CA core still has orders of. */
export async function jobsToFollow(database: Database): Promise<readonly string[]> {
  return database<JobRow>(table)
    .whereNotIn('state', ['finished', 'cancelled'])
    .orWhereExists(
      database('bulk_rows').select('job_id').where({ state: 'ordered' }).whereRaw('bulk_rows.job_id = bulk_jobs.id'),
    )
    .orderBy(['created_at', 'id'])
    .pluck('id');
}

/** Oldest first. */
export async function jobsIn(database: Database, states: readonly JobState[]): Promise<readonly BulkJob[]> {
  const rows = await database<JobRow>(table)
    .whereIn('state', [...states])
    .orderBy(['created_at', 'id']);
  return rows.map(jobOf);
}

function rowOf(job: BulkJob): JobRow {
  return {
    id: job.id,
    organisation: job.organisation,
    submitted_by: job.submittedBy,
    lra_member: job.lraMember,
    profile: job.profile,
    language: job.language,
    file_hash: job.fileHash,
    file_name: job.fileName,
    size: job.size,
    state: job.state,
    delivery: job.delivery,
    key_algorithm: job.keyAlgorithm,
    compatibility: job.compatibility,
    custodian: job.custodian,
    seal_to: job.sealTo,
    register: JSON.stringify(job.register),
    round: job.round,
    attestation_digest: job.attestationDigest,
    list_digest: job.listDigest,
    sample: job.sample === null ? null : JSON.stringify(job.sample),
    created_at: job.createdAt,
    changed_at: job.changedAt,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
  };
}

function jobOf(row: JobRow): BulkJob {
  return {
    id: row.id,
    organisation: row.organisation,
    submittedBy: row.submitted_by,
    lraMember: row.lra_member,
    profile: row.profile,
    language: row.language,
    fileHash: row.file_hash,
    fileName: row.file_name,
    size: row.size,
    state: row.state,
    delivery: row.delivery,
    keyAlgorithm: row.key_algorithm,
    compatibility: row.compatibility,
    custodian: row.custodian,
    sealTo: row.seal_to,
    register: JSON.parse(row.register) as RegisterRecords,
    round: row.round,
    attestationDigest: row.attestation_digest,
    listDigest: row.list_digest,
    sample: row.sample === null ? null : (JSON.parse(row.sample) as readonly number[]),
    createdAt: row.created_at,
    changedAt: row.changed_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
