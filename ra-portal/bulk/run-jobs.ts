/** The rounds that carry jobs on: each step is one transaction, so that a portal killed anywhere goes on where it was. */
import type { PortalParts } from '../parts.ts';
import { holdJob, jobsToFollow, type BulkJob } from '../store/bulk-jobs.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { followJob } from './follow-job.ts';
import { makeDocuments } from './make-documents.ts';
import { askForAttestation, letRun, makeAttestedList } from './sign-list.ts';

/** Goes on with every job as far as it can now. How many steps it took. */
export async function runJobs(parts: PortalParts): Promise<number> {
  let steps = 0;
  for (const id of await jobsToFollow(parts.database)) {
    while (await inOneStep(parts.database, async trx => stepOf(parts, trx, await holdJob(trx, id)))) steps += 1;
  }
  if (steps > 0) parts.sendLetters();
  return steps;
}

/** Whether there may be more to do at once. */
async function stepOf(parts: PortalParts, trx: Database, job: BulkJob): Promise<boolean> {
  switch (job.state) {
    case 'checked':
      if ((await makeDocuments(parts, trx, job)) === 0) await askForAttestation(parts, trx, job);
      return true;
    case 'awaitingAttestation':
      return makeAttestedList(parts, trx, job);
    case 'awaitingApproval':
      return letRun(parts, trx, job);
    case 'running':
    case 'paused':
    case 'cancelled':
      return (await followJob(parts, trx, job)) > 0;
    case 'finished':
      return false;
  }
}
