/** What an organisation's desk sees of certificates that end soon, and how it applies for another. */
import { Router } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { beginMemberDraftLike } from '../lra/drafts.ts';
import type { PortalParts } from '../parts.ts';
import { issuedCase } from '../renewals/begin-renewal.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { endingOfOrganisation } from '../store/expiry-notices.ts';
import { personIn } from './admission.ts';
import { idOf } from './applications.ts';
import { draftPath } from './lra-apply.ts';

const shownAtOnce = 500;

export function lraEndingPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/lra/ending', async (_request, response) => {
    const { organisation } = personIn(response);
    if (organisation === null) throw new PkiError('notPermitted');
    const { database, clock, policies } = parts;
    const [now, days] = [clock.now(), Math.max(...policies.schedule.life.noticeDays)];
    const window = { from: now, until: now + days * 86_400, limit: shownAtOnce };
    const found = await endingOfOrganisation(database, { organisation, ...window });
    const ending = await Promise.all(
      found.map(async one => ({ ...one, application: await findApplication(database, one.caseId) })),
    );
    response.render('lra-ending', { days, ending, shownAtOnce });
  });
  router.post('/lra/cases/:id/renew', async (request, response) => {
    const lra = personIn(response);
    const id = await inOneStep(parts.database, async trx =>
      beginMemberDraftLike(trx, parts, { lra, former: await issuedCase(trx, idOf(request)) }),
    );
    response.redirect(303, `${draftPath(id)}/kind`);
  });
  return router;
}
