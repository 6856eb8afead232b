/** Campaigns that ask subscribers to apply anew: begun from a dry run, followed, ended, and led on to the revocation. */
import { Router } from 'express';
import { beginCampaign, campaignProgress, endRekeyCampaign, listOfCampaign } from '../campaigns/rekey-campaign.ts';
import type { PortalParts } from '../parts.ts';
import { campaigns } from '../store/rekey-campaigns.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { bodyOf } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';
import { addressOf, chosenIn } from './revocations.ts';

const path = '/officer/campaigns';

export function campaignPages(parts: PortalParts): Router {
  const router = Router();
  router.get(path, async (request, response) => {
    const all = await campaigns(parts.database);
    const progress = await Promise.all(all.map(({ id }) => campaignProgress(parts, id)));
    if (wantsJson(request)) response.json({ campaigns: all });
    else response.render('rekey-campaigns', { progress });
  });
  router.post(path, async (request, response) => {
    const chosen = { ...chosenIn(bodyOf(request)), list: textIn(request, 'list') };
    const revokeOn = textIn(request, 'revokeOn');
    const id = await beginCampaign(parts, personIn(response), { ...chosen, revokeOn });
    if (wantsJson(request)) response.status(201).json({ campaign: id });
    else response.redirect(303, `${path}/${id}`);
  });
  router.get(`${path}/:campaign`, async (request, response) => {
    const progress = await campaignProgress(parts, request.params.campaign);
    if (wantsJson(request)) response.json(progress);
    else response.render('rekey-campaign', { ...progress, shown: progress.invitations.slice(0, mostShown) });
  });
  router.post(`${path}/:campaign/end`, async (request, response) => {
    const { campaign } = request.params;
    await endRekeyCampaign(parts, personIn(response), campaign);
    if (wantsJson(request)) response.status(204).end();
    else response.redirect(303, `${path}/${campaign}`);
  });
  router.post(`${path}/:campaign/revocation`, async (request, response) => {
    response.redirect(303, addressOf(await listOfCampaign(parts, request.params.campaign)));
  });
  return router;
}

const mostShown = 500;
