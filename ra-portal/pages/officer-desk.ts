import { Router, type Request, type Response } from 'express';
import { jobsForOfficers } from '../bulk/look-at-sample.ts';
import { claim, claimNext, putBack } from '../officer/claim.ts';
import { addressOf, otherDocuments, queueOf, readSearch } from '../officer/queue.ts';
import type { PortalParts } from '../parts.ts';
import { queueTabs } from '../store/queue.ts';
import { personIn } from './admission.ts';
import { profilesOf } from './apply.ts';
import { casePages } from './officer-desk-case.ts';
import { certificatePages } from './officer-desk-certificates.ts';
import { listPages } from './officer-desk-lists.ts';
import { campaignPages } from './rekey-campaigns.ts';
import { massRevocationPages } from './revocations.ts';
import { atWork, backToCase } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

/** What officers see and do once they are signed in. */
export function officerDesk(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer', (request, response) => showQueue(parts, request, response));
  router.post('/officer/claim-next', async (request, response) => {
    const caseId = await claimNext(parts, personIn(response));
    if (wantsJson(request)) response.json({ caseId });
    else response.redirect(303, caseId === null ? '/officer' : `/officer/cases/${encodeURIComponent(caseId)}`);
  });
  router.post('/officer/cases/:id/claim', async (request, response) => {
    await claim(parts, atWork(request, response));
    backToCase(request, response);
  });
  router.post('/officer/cases/:id/put-back', async (request, response) => {
    await putBack(parts, atWork(request, response));
    if (wantsJson(request)) backToCase(request, response);
    else response.redirect(303, '/officer');
  });
  router.use(
    casePages(parts),
    certificatePages(parts),
    listPages(parts),
    massRevocationPages(parts),
    campaignPages(parts),
  );
  return router;
}

async function showQueue(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const search = readSearch(request.query);
  const queue = await queueOf(parts, search, personIn(response));
  if (wantsJson(request)) {
    response.json({ ...search, pages: queue.pages, counts: queue.counts, lines: queue.lines });
    return;
  }
  const documents = await otherDocuments(parts);
  const jobs = await jobsForOfficers(parts, personIn(response));
  response.render('queue', { search, queue, documents, jobs, tabs: queueTabs, profiles: profilesOf(parts), addressOf });
}
