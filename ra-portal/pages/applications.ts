import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { enter } from '../applications/enter.ts';
import { askForPass } from '../applications/entry-pass.ts';
import { standingOf } from '../applications/standing.ts';
import { withdrawableStates } from '../applications/withdraw.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { openReportOf } from '../store/problem-reports.ts';
import { uploadsOf } from '../store/uploads.ts';
import { textIn } from './body-text.ts';
import { cookieOf, hasEntered, setSession } from './cookies.ts';
import { showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { deviceLifetime, keepCookie } from './kept-cookies.ts';
import { wantsJson } from './refusals.ts';
import { remarksShown } from './remarks.ts';

/** An application as its applicant sees it, and the door to it. */
export function applicationPages(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get('/applications', (request, response) => response.redirect(303, pathFor(request)));
  router.get('/applications/:id', (request, response) => showStatus(parts, request, response));
  router.post('/applications/:id/enter', slow, (request, response) => enterPage(parts, request, response));
  router.post('/applications/:id/entry-pass', slow, async (request, response) => {
    await askForPass(parts, idOf(request));
    if (wantsJson(request)) response.status(202).json({ caseId: idOf(request) });
    else response.redirect(303, `${pathOf(idOf(request))}?pass=sent`);
  });
  return router;
}

export const idOf = (request: Request): string => String(request.params['id']);
export const pathOf = (caseId: string): string => `/applications/${encodeURIComponent(caseId)}`;

/** Throws applicationUnknown. */
export async function mustFind({ database }: PortalParts, caseId: string): Promise<CertificateApplication> {
  const application = await findApplication(database, caseId);
  if (application === null) throw new PkiError('applicationUnknown');
  return application;
}

/** What somebody typed as a reception number. */
function pathFor(request: Request): string {
  const typed = request.query['caseId'];
  const text = (typeof typed === 'string' ? typed : '')
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '');
  const caseId = text.replace(/^(K\d{2})(.{4})(.{4})$/, '$1-$2-$3').slice(0, 32);
  return caseId === '' ? '/' : pathOf(caseId);
}

async function showStatus(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const caseId = idOf(request);
  if (!(await hasEntered(parts, request, caseId))) {
    if (wantsJson(request)) throw new PkiError('notPermitted');
    showDoor(request, response, []);
    return;
  }
  const application = await mustFind(parts, caseId);
  const standing = await standingOf(parts.ca, application);
  if (!wantsJson(request)) {
    response.render('status', {
      application,
      standing,
      sent: request.query['sent'] !== undefined,
      remarks: standing.state === 'returned' ? await remarksShown(parts, response, caseId) : [],
      isWithdrawable: withdrawableStates.includes(standing.state),
      uploads: await uploadsOf(parts.database, caseId),
      releaseAsked: (await openReportOf(parts.database, caseId, 'release')) !== null,
    });
    return;
  }
  const { certificate, delivery, revocation } = standing;
  response.json({
    caseId,
    state: standing.state,
    profile: application.profile,
    mailboxProved: application.mailboxProvedAt !== null,
    serialNumber: certificate?.serialNumber ?? null,
    pickedUpAt: delivery?.pickedUpAt ?? null,
    revocation,
    refusal: standing.refusal?.code ?? null,
  });
}

function showDoor(
  request: Request,
  response: Response,
  mistakes: readonly { readonly rule: string; readonly field: string; readonly seconds?: number }[],
): void {
  const pass = request.query['pass'] ?? (textIn(request, 'pass') === '' ? undefined : 'typed');
  const isClosed = mistakes.some(({ rule }) => rule === 'tooManyAttempts');
  response.render('enter', { caseId: idOf(request), pass, isClosed, mistakes: showMistakes(response, mistakes) });
}

async function enterPage(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const caseId = idOf(request);
  const { settings } = parts;
  try {
    const [accessCode, pass] = [textIn(request, 'accessCode'), textIn(request, 'pass')];
    const device = cookieOf(request, 'device', settings);
    const entered = await enter(parts, { caseId, accessCode, pass, device });
    setSession(response, 'applicant', { token: entered.session, settings });
    keepCookie(response, 'device', { value: entered.device, seconds: deviceLifetime, settings });
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PkiError)) throw error;
    if (error.code !== 'accessCodeWrong' && error.code !== 'tooManyAttempts') throw error;
    const { seconds = 0 } = error.values;
    showDoor(request, response.status(error.code === 'accessCodeWrong' ? 403 : 429), [
      { rule: error.code, field: 'accessCode', seconds: Number(seconds) },
    ]);
    return;
  }
  if (wantsJson(request)) response.json({ caseId });
  else response.redirect(303, pathOf(caseId));
}
