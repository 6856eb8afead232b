/** Ending a certificate: by its subscriber at any hour, with every reason explained. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { askForRelease } from '../applications/report-problem.ts';
import { reasonsOf, revoke } from '../applications/revoke.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import { idOf, mustFind, pathOf } from './applications.ts';
import { textIn } from './body-text.ts';
import { mustHaveEntered } from './cookies.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

/** Where people come from, and the reason that fits: it is chosen beforehand, and may be changed. */
const reasonBecause: Readonly<Record<string, string>> = {
  notMine: 'keyCompromise',
  lost: 'keyCompromise',
  changed: 'affiliationChanged',
};

export function revocationPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id/revoke';
  router.get(path, async (request, response) => {
    await mustHaveEntered(parts, request, idOf(request));
    await show(parts, request, response, []);
  });
  router.post(path, slowDown(60), async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    const asked = { reason: textIn(request, 'reason'), since: textIn(request, 'since') };
    const mistakes = await revoke(parts, caseId, asked);
    if (mistakes.length > 0) {
      if (wantsJson(request)) answerMistakes(response, showMistakes(response, mistakes));
      else await show(parts, request, response.status(422), mistakes);
    } else if (wantsJson(request)) response.status(202).json({ caseId });
    else response.redirect(303, pathOf(caseId));
  });
  router.post('/applications/:id/release', async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    const receipt = await askForRelease(parts, caseId);
    if (wantsJson(request)) response.status(202).json({ caseId, receipt });
    else response.redirect(303, pathOf(caseId));
  });
  return router;
}

async function show(
  parts: PortalParts,
  request: Request,
  response: Response,
  mistakes: readonly { readonly rule: string; readonly field: string }[],
): Promise<void> {
  const application = await mustFind(parts, idOf(request));
  const standing = await standingOf(parts.ca, application);
  if (standing.certificate === null) throw new PkiError('notYetIssued');
  const isOnHold = standing.revocation?.reason === 'certificateHold';
  const because = typeof request.query['because'] === 'string' ? request.query['because'] : '';
  response.render('revoke', {
    application,
    standing,
    because: because in reasonBecause ? because : null,
    chosen: textIn(request, 'reason') || (reasonBecause[because] ?? ''),
    since: textIn(request, 'since'),
    reasons: reasonsOf(parts, application.profile).filter(reason => !(isOnHold && reason === 'certificateHold')),
    mistakes: showMistakes(response, mistakes),
  });
}
