/** An organisation's own desk: its applications and certificates, and nothing of any other. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { reasonsOf, revoke } from '../applications/revoke.ts';
import { standingOf } from '../applications/standing.ts';
import { withdrawableStates } from '../applications/withdraw.ts';
import { deskNoteOf } from '../lra/desk-note.ts';
import { memberDrafts } from '../lra/drafts.ts';
import type { PortalParts } from '../parts.ts';
import { applicationsLike } from '../store/applications.ts';
import { uploadsOf } from '../store/uploads.ts';
import { personIn } from './admission.ts';
import { idOf, mustFind } from './applications.ts';
import { textIn } from './body-text.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { wantsJson } from './refusals.ts';
import { remarksShown } from './remarks.ts';

const shownAtOnce = 100;

export function lraPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/lra', async (request, response) => {
    const { organisation } = personIn(response);
    if (organisation === null) throw new PkiError('notPermitted');
    const text = typeof request.query['text'] === 'string' ? request.query['text'].trim().slice(0, 64) : '';
    const search = { text, state: null, limit: shownAtOnce, organisation };
    const applications = await applicationsLike(parts.database, search);
    const drafts = await memberDrafts(parts, personIn(response));
    response.render('lra', { organisation, text, applications, drafts });
  });
  router.get('/lra/cases/:id', (request, response) => show(parts, request, response, []));
  router.post('/lra/cases/:id/revoke', async (request, response) => {
    const asked = { reason: textIn(request, 'reason'), since: textIn(request, 'since'), lra: personIn(response).id };
    const mistakes = await revoke(parts, idOf(request), asked);
    if (mistakes.length > 0) {
      if (wantsJson(request)) answerMistakes(response, showMistakes(response, mistakes));
      else await show(parts, request, response.status(422), mistakes);
    } else if (wantsJson(request)) response.status(202).json({ caseId: idOf(request) });
    else response.redirect(303, `/lra/cases/${encodeURIComponent(idOf(request))}`);
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
  const desks = await deskNoteOf(parts, application.caseId);
  response.render('lra-case', {
    application,
    standing,
    desks,
    remarks: standing.state === 'returned' ? await remarksShown(parts, response, application.caseId) : [],
    isWithdrawable: withdrawableStates.includes(standing.state),
    uploads: desks === null ? [] : await uploadsOf(parts.database, application.caseId),
    chosen: textIn(request, 'reason'),
    since: textIn(request, 'since'),
    reasons: reasonsOf(parts, application.profile),
    mistakes: showMistakes(response, mistakes),
  });
}
