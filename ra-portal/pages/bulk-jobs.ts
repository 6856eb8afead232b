/** An organisation's bulk jobs: where each stands, what can be done with it, and what comes out of it. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { progressOf } from '../bulk/progress.ts';
import { rowStates } from '../bulk/states.ts';
import { jobSteps, ownJob, steerJob, type Steering } from '../bulk/steer-job.ts';
import type { PortalParts } from '../parts.ts';
import { jobsOf, type BulkJob } from '../store/bulk-jobs.ts';
import { rowLines } from '../store/bulk-row-counts.ts';
import { findPerson } from '../store/people.ts';
import { personIn } from './admission.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

export const rowsOnPage = 100;

export function bulkJobPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/lra/bulk/jobs', async (_request, response) => {
    const jobs = await jobsOf(parts.database, personIn(response).organisation ?? '');
    response.render('bulk-jobs', { jobs });
  });
  router.get('/lra/bulk/jobs/:job', (request, response) => showJob(parts, request, response));
  for (const step of jobSteps) {
    router.post(`/lra/bulk/jobs/:job/${step}`, async (request, response) => {
      await steerJob(parts, steeringIn(request, response), step);
      backToJob(request, response);
    });
  }
  return router;
}

export const steeringIn = (request: Request, response: Response): Steering => ({
  jobId: String(request.params['job']),
  lra: personIn(response),
});

export function backToJob(request: Request, response: Response): void {
  const jobId = String(request.params['job']);
  if (wantsJson(request)) response.json({ job: jobId });
  else response.redirect(303, `/lra/bulk/jobs/${encodeURIComponent(jobId)}`);
}

async function showJob(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const job = await ownJob(parts, steeringIn(request, response));
  const progress = await progressOf(parts, job);
  if (wantsJson(request)) {
    response.json({ job: job.id, state: job.state, round: job.round, ...progress });
    return;
  }
  const state = rowStates.find(name => name === request.query['state']) ?? null;
  const page = pageIn(request);
  const rows = await rowLines(parts.database, job.id, { state, page, limit: rowsOnPage });
  const total = state === null ? job.size : progress.counts[state];
  const pages = Math.max(1, Math.ceil(total / rowsOnPage));
  const people = await peopleOf(parts, job);
  const me = personIn(response).id;
  const isCustodian = job.custodian === me;
  const signatures = job.listDigest === null ? 0 : (await parts.ca.approvals.of(job.listDigest)).length;
  const profileTitle = parts.policies.profiles.get(job.profile)?.title[mannersOf(response).language] ?? job.profile;
  response.render('bulk-job', {
    profileTitle,
    job,
    progress,
    rows,
    state,
    page,
    pages,
    states: rowStates,
    signatures,
    isCustodian,
    ...people,
  });
}

async function peopleOf({ database }: PortalParts, job: BulkJob): Promise<{ submitter: string; custodian: string }> {
  const nameOf = async (id: string): Promise<string> => (await findPerson(database, id))?.name ?? id;
  return { submitter: await nameOf(job.submittedBy), custodian: await nameOf(job.custodian) };
}

function pageIn({ query }: Request): number {
  const page = Number(query['page'] ?? 1);
  if (!Number.isSafeInteger(page) || page < 1 || page > 1_000) throw new PkiError('fieldInvalid', { field: 'page' });
  return page;
}
