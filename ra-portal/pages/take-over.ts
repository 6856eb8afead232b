/** Where a member takes over what the organisation's desk applied for. Looking at it takes nothing over. */
import { Router, type Request, type Response } from 'express';
import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';
import { isMistakes } from '../applications/read-form.ts';
import { takeOver } from '../lra/take-over.ts';
import type { PortalParts } from '../parts.ts';
import { idOf } from './applications.ts';
import { textIn } from './body-text.ts';
import { setSession } from './cookies.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { deviceLifetime, keepCookie } from './kept-cookies.ts';
import { wantsJson } from './refusals.ts';

export function takeOverPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id/take-over';
  router.get(path, (request, response) => show(request, response, []));
  router.post(path, slowDown(60), (request, response) => take(parts, request, response));
  return router;
}

interface Shown {
  readonly rule: string;
  readonly field: string;
  readonly seconds?: number;
}

function show(request: Request, response: Response, mistakes: readonly Shown[]): void {
  const code = textIn(request, 'code');
  const isOnToken = request.query['key'] === 'token';
  response.render('take-over', { caseId: idOf(request), code, isOnToken, mistakes: showMistakes(response, mistakes) });
}

async function take(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const [code, handOverCode, sealTo] = [
    textIn(request, 'code'),
    textIn(request, 'handOverCode'),
    textIn(request, 'sealTo'),
  ];
  const mistakes: Shown[] = [];
  const taking = takeOver(parts, { caseId: idOf(request), code, handOverCode, sealTo });
  const taken = await taking.catch((error: unknown) => {
    mistakes.push(mistakeBehind(request, error));
    response.status(mistakes[0]?.rule === 'tooManyAttempts' ? 429 : 403);
    return null;
  });
  if (taken === null || isMistakes(taken)) {
    if (taken !== null) response.status(422);
    const shown = taken ?? mistakes;
    if (wantsJson(request)) answerMistakes(response, showMistakes(response, shown));
    else show(request, response, shown);
    return;
  }
  const { settings } = parts;
  setSession(response, 'applicant', { token: taken.session, settings });
  keepCookie(response, 'device', { value: taken.device, seconds: deviceLifetime, settings });
  const { caseId, accessCode } = taken;
  if (wantsJson(request)) response.status(201).json({ caseId, accessCode });
  else response.status(201).render('taken-over', { caseId, accessCode, isOnToken: request.query['key'] === 'token' });
}

/** Wrong codes are said at their fields; everything else, and whatever a program asked, is thrown on. */
function mistakeBehind(request: Request, error: unknown): Shown {
  const place = error instanceof PkiError ? placeOf[error.code] : undefined;
  if (wantsJson(request) || !(error instanceof PkiError) || place === undefined) throw error;
  return { ...place, seconds: Number(error.values['seconds'] ?? 0) };
}

const placeOf: Readonly<Partial<Record<PkiErrorCode, Shown>>> = {
  mailboxCodeWrong: { rule: 'mailboxCodeWrong', field: 'code' },
  accessCodeWrong: { rule: 'handOverCodeWrong', field: 'handOverCode' },
  tooManyAttempts: { rule: 'tooManyAttempts', field: 'handOverCode' },
};
