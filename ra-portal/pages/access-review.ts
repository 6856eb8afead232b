/** The quarterly look at who may do what. Administrators decide and sign off, auditors read. */
import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import type { ChangeGround } from '../people/change-roles.ts';
import { currentReview, decideAccess, signAccessReview } from '../reviews/access-review.ts';
import { accessReviews, overdueReviews } from '../store/access-reviews.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { namesOfAll } from './retention.ts';

const shownAtOnce = 12;

export function accessReviewPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/access-review', async (_request, response) => {
    response.render('access-review', {
      ...(await currentReview(parts)),
      overdue: await overdueReviews(parts.database, parts.clock.now()),
      past: await accessReviews(parts.database, shownAtOnce),
      names: await namesOfAll(parts),
    });
  });
  router.post('/access-review', async (request, response) => {
    const [account, decision] = [textIn(request, 'account'), textIn(request, 'decision')];
    if (decision !== 'keep' && decision !== 'withdraw') throw new PkiError('fieldInvalid', { field: 'decision' });
    await decideAccess(parts, groundOf(parts), { admin: personIn(response), account, decision });
    response.redirect(303, '/access-review');
  });
  router.post('/access-review/sign', async (_request, response) => {
    await signAccessReview(parts, personIn(response));
    response.redirect(303, '/access-review');
  });
  return router;
}

const groundOf = ({ database, settings, policies }: PortalParts): ChangeGround => ({
  database,
  invitation: { portalUrl: settings.url, lifetime: policies.schedule.portal.invitationLifetime },
});
