/** Where a renewal begins: by the link of a letter with a code that is mailed on demand, or from the opened application. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { askForRenewalCode, renewEntered, renewWithCode } from '../renewals/begin-renewal.ts';
import { renewalPath } from '../renewals/renewal-link.ts';
import { idOf, mustFind } from './applications.ts';
import { textIn } from './body-text.ts';
import { hasEntered } from './cookies.ts';
import { showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { keepCookie } from './kept-cookies.ts';
import { wantsJson } from './refusals.ts';

export function renewalPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id/renew';
  const slow = slowDown(60);
  router.get(path, (request, response) => show(parts, request, response, []));
  router.post(path, slow, (request, response) => begin(parts, request, response));
  router.post(`${path}/letter`, slow, async (request, response) => {
    await askForRenewalCode(parts, idOf(request));
    if (wantsJson(request)) response.status(202).json({ caseId: idOf(request) });
    else response.redirect(303, `${renewalPath(idOf(request))}?sent`);
  });
  return router;
}

interface Shown {
  readonly rule: string;
  readonly field: string;
  readonly seconds?: number;
}

/** Says nothing of the case to whoever has only the link. */
async function show(
  parts: PortalParts,
  request: Request,
  response: Response,
  mistakes: readonly Shown[],
): Promise<void> {
  const caseId = idOf(request);
  const isOpen = await hasEntered(parts, request, caseId);
  const former = isOpen ? await mustFind(parts, caseId) : null;
  const certificate = isOpen ? ((await parts.ca.certificates.ofCase(caseId)) ?? null) : null;
  if (isOpen && certificate === null) throw new PkiError('applicationState', { state: former?.state ?? '' });
  const sent = request.query['sent'] !== undefined;
  response.render('renew', { caseId, former, certificate, sent, mistakes: showMistakes(response, mistakes) });
}

async function begin(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const caseId = idOf(request);
  const code = textIn(request, 'code');
  const isOpen = code === '' && (await hasEntered(parts, request, caseId));
  try {
    const draft = isOpen ? await renewEntered(parts, caseId) : await renewWithCode(parts, caseId, code);
    const { draftLifetime } = parts.policies.schedule.portal;
    keepCookie(response, 'draft', { value: draft, seconds: draftLifetime, settings: parts.settings });
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PkiError)) throw error;
    if (error.code !== 'mailboxCodeWrong' && error.code !== 'tooManyAttempts') throw error;
    response.status(error.code === 'tooManyAttempts' ? 429 : 403);
    const seconds = Number(error.values['seconds'] ?? 0);
    return show(parts, request, response, [{ rule: error.code, field: 'code', seconds }]);
  }
  if (wantsJson(request)) response.status(201).json({ renews: caseId, next: '/apply/kind' });
  else response.redirect(303, '/apply/kind');
}
