/** What officers do with a job before they sign its list: look at every row that was drawn, on record. */
import { noteEvent, openStore, signaturesNeeded, type CaseDocument } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findJob, holdJob, jobsIn, type BulkJob } from '../store/bulk-jobs.ts';
import { addLook, looksOf, type Look } from '../store/bulk-looks.ts';
import { rowsAt } from '../store/bulk-rows.ts';
import { inOneStep } from '../store/database.ts';

/** A job as the officers' queue lists it. */
export interface WaitingJob {
  readonly job: BulkJob;
  readonly signatures: number;
  readonly needed: number;
  readonly signedByMe: boolean;
}

export interface SampledRow {
  readonly rowNumber: number;
  readonly position: number;
  readonly caseId: string;
  readonly document: CaseDocument;
  readonly looks: readonly Look[];
  readonly seenByMe: boolean;
}

export interface Sample {
  readonly job: BulkJob;
  readonly rows: readonly SampledRow[];
  /** All rows seen by the officer who asks: the list may be signed. */
  readonly isWhole: boolean;
  readonly signatures: number;
  readonly needed: number;
}

/** Jobs that wait for officers, oldest first. */
export async function jobsForOfficers({ database, ca }: PortalParts, officer: Person): Promise<readonly WaitingJob[]> {
  const jobs = await jobsIn(database, ['awaitingApproval']);
  return Promise.all(
    jobs.map(async job => {
      const signed = await ca.approvals.of(job.listDigest ?? '');
      const signedByMe = signed.some(({ memberId }) => memberId === officer.id);
      return { job, signatures: signed.length, needed: signaturesNeeded.list, signedByMe };
    }),
  );
}

/** Throws jobUnknown. */
export async function sampleFor({ database, ca }: PortalParts, officer: Person, jobId: string): Promise<Sample> {
  const job = await findJob(database, jobId);
  const looks = await looksOf(database, job);
  const rows: SampledRow[] = [];
  for (const { rowNumber, position, caseId, digest } of await rowsAt(database, job.id, job.sample ?? [])) {
    const document = (await ca.documents.find(digest ?? ''))?.document;
    if (document?.kind !== 'case' || position === null || caseId === null) continue;
    const own = looks.filter(look => look.position === position);
    const seenByMe = own.some(({ memberId }) => memberId === officer.id);
    rows.push({ rowNumber, position, caseId, document, looks: own, seenByMe });
  }
  const signatures = job.listDigest === null ? 0 : (await ca.approvals.of(job.listDigest)).length;
  const isWhole = rows.length > 0 && rows.every(({ seenByMe }) => seenByMe);
  return { job, rows, isWhole, signatures, needed: signaturesNeeded.list };
}

/** Throws jobUnknown, jobState, fieldInvalid {field: position} for a row that was not drawn. */
export async function noteLook(
  { database, clock }: PortalParts,
  officer: Person,
  { jobId, position }: { readonly jobId: string; readonly position: number },
): Promise<void> {
  const at = clock.now();
  await inOneStep(database, async trx => {
    const job = await holdJob(trx, jobId);
    if (job.state !== 'awaitingApproval') throw new PkiError('jobState', { state: job.state });
    if (job.sample?.includes(position) !== true) throw new PkiError('fieldInvalid', { field: 'position' });
    if (await openStore(trx).documents.isVoided(job.listDigest ?? '')) throw new PkiError('documentVoided');
    await addLook(trx, job, { position, memberId: officer.id, lookedAt: at });
    const details = { position: String(position), list: job.listDigest ?? '' };
    const event = { service: 'ra-portal', action: 'bulk.rowLookedAt', actor: officer.id, subject: job.id };
    await noteEvent(trx, { at, ...event, details });
  });
}
