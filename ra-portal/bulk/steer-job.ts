/** What an LRA does with a job that is there: pause, go on, cancel, run again what failed. */
import { noteEvent, openStore } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { lookUp } from '../registers/look-up.ts';
import { moveCases } from '../store/bulk-cases.ts';
import { findJob, holdJob, keepJob, type BulkJob } from '../store/bulk-jobs.ts';
import { cancelRows, casesWithoutOrder, retryRows } from '../store/bulk-rows.ts';
import { inOneStep, type Database } from '../store/database.ts';

export const jobSteps = ['pause', 'resume', 'cancel', 'rerun'] as const;
export type JobStep = (typeof jobSteps)[number];

export interface Steering {
  readonly jobId: string;
  readonly lra: Person;
}

/** A job of the LRA's own organisation; of any other it learns nothing. Throws jobUnknown. */
export async function ownJob({ database }: Pick<PortalParts, 'database'>, { jobId, lra }: Steering): Promise<BulkJob> {
  const job = await findJob(database, jobId);
  if (job.organisation !== lra.organisation) throw new PkiError('jobUnknown');
  return job;
}

/** Throws jobUnknown, jobState {state}, registerUnavailable. */
export async function steerJob(parts: PortalParts, steering: Steering, step: JobStep): Promise<void> {
  const { organisation } = await ownJob(parts, steering);
  const register = step === 'rerun' ? await lookUp(parts.registers, organisation, parts.clock.now()) : null;
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const job = await holdJob(trx, steering.jobId);
    const taken = { job, at, actor: steering.lra.id };
    switch (step) {
      case 'pause':
        await pause(trx, taken);
        break;
      case 'resume':
        await resume(trx, taken);
        break;
      case 'cancel':
        await cancel(trx, taken);
        break;
      case 'rerun':
        await rerun(trx, taken, register ?? job.register);
        break;
    }
    const event = { action: `bulk.${step}`, actor: steering.lra.id, subject: job.id, details: {} };
    await noteEvent(trx, { at, service: 'ra-portal', ...event });
  });
}

interface Taken {
  readonly job: BulkJob;
  readonly at: number;
  readonly actor: string;
}

/** The CA core takes up no further row of it. */
async function pause(trx: Database, { job, at, actor }: Taken): Promise<void> {
  await keepJob(trx, job, { state: 'paused', changedAt: at });
  await openStore(trx).attestedLists.hold(job.listDigest ?? '', { actor, at });
}

async function resume(trx: Database, { job, at, actor }: Taken): Promise<void> {
  if (job.state !== 'paused') throw new PkiError('jobState', { state: job.state });
  await keepJob(trx, job, { state: 'running', changedAt: at });
  await openStore(trx).attestedLists.goOn(job.listDigest ?? '', { actor, at });
}

/** What is not issued and not in the CA core's hands at this moment never will be; their documents count no more. */
async function cancel(trx: Database, { job, at, actor }: Taken): Promise<void> {
  const ca = openStore(trx);
  await keepJob(trx, job, { state: 'cancelled', changedAt: at, finishedAt: at });
  for (const digest of [job.attestationDigest, job.listDigest]) {
    if (digest !== null) await ca.documents.void(digest, at);
  }
  const cases = await casesWithoutOrder(trx, job.id);
  for (const { digest } of cases) await ca.documents.void(digest, at);
  await moveCases(
    trx,
    cases.map(({ caseId }) => caseId),
    { state: 'withdrawn', at },
  );
  await cancelRows(trx, job.id, at);
  // What was ordered is taken up only to be refused.
  if (job.listDigest !== null) await ca.attestedLists.goOn(job.listDigest, { actor, at });
}

/** New documents for what failed, from what the registers say now; the LRA and two officers sign those anew. */
async function rerun(trx: Database, { job, at }: Taken, register: BulkJob['register']): Promise<void> {
  const ca = openStore(trx);
  const before = await retryRows(trx, job.id, at);
  for (const { digest } of before) await ca.documents.void(digest, at);
  await moveCases(
    trx,
    before.map(({ caseId }) => caseId),
    { state: 'withdrawn', at },
  );
  const asked = (name: 'nta' | 'robins'): boolean => job.register[name] !== null;
  await keepJob(trx, job, {
    state: 'checked',
    round: job.round + 1,
    register: { nta: asked('nta') ? register.nta : null, robins: asked('robins') ? register.robins : null },
    attestationDigest: null,
    listDigest: null,
    sample: null,
    changedAt: at,
    startedAt: null,
    finishedAt: null,
  });
}
