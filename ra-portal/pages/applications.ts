import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { correct } from '../applications/correct.ts';
import { enter } from '../applications/enter.ts';
import { askForMailboxCode, proveMailbox } from '../applications/mailbox-proof.ts';
import { formTextOf } from '../applications/form-text.ts';
import { isMistakes } from '../applications/read-form.ts';
import { reasonsOf, revoke } from '../applications/revoke.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { profilesOf } from './apply.ts';
import { hasEntered, mustHaveEntered, setSession } from './cookies.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

/** An application as its applicant sees it. */
export function applicationPages(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get('/applications', (request, response) => response.redirect(303, pathFor(request)));
  router.get('/applications/:id', (request, response) => showStatus(parts, request, response));
  router.post('/applications/:id/enter', slow, (request, response) => enterPage(parts, request, response));
  addMailbox(router, parts);
  addCorrection(router, parts);
  addRevocation(router, parts);
  return router;
}

const idOf = (request: Request): string => String(request.params['id']);
const pathOf = (caseId: string): string => `/applications/${encodeURIComponent(caseId)}`;

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

function bodyText(request: Request, field: string): string {
  const value = (request.body as Record<string, unknown> | undefined)?.[field];
  return typeof value === 'string' ? value.trim() : '';
}

async function showStatus(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const caseId = idOf(request);
  if (!(await hasEntered(parts, request, caseId))) {
    if (wantsJson(request)) throw new PkiError('notPermitted');
    response.render('enter', { caseId, mistakes: [] });
    return;
  }
  const application = await mustFind(parts, caseId);
  const standing = await standingOf(parts.ca, application);
  if (!wantsJson(request)) {
    response.render('status', { application, standing, sent: request.query['sent'] !== undefined });
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

async function enterPage(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const caseId = idOf(request);
  try {
    const token = await enter(parts, { caseId, accessCode: bodyText(request, 'accessCode') });
    setSession(response, 'applicant', { token, settings: parts.settings });
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PkiError) || error.code !== 'accessCodeWrong') throw error;
    const mistakes = showMistakes(response, [{ rule: error.code, field: 'accessCode' }]);
    response.status(403).render('enter', { caseId, mistakes });
    return;
  }
  if (wantsJson(request)) response.json({ caseId });
  else response.redirect(303, pathOf(caseId));
}

function addMailbox(router: Router, parts: PortalParts): void {
  const path = '/applications/:id/mailbox';
  router.get(path, (request, response) =>
    response.render('mailbox', { caseId: idOf(request), done: false, mistakes: [] }),
  );
  router.post(path, slowDown(60), async (request, response) => {
    const caseId = idOf(request);
    try {
      await proveMailbox(parts, { caseId, code: bodyText(request, 'code') });
    } catch (error) {
      if (wantsJson(request) || !(error instanceof PkiError) || error.code !== 'mailboxCodeWrong') throw error;
      const mistakes = showMistakes(response, [{ rule: error.code, field: 'code' }]);
      response.status(403).render('mailbox', { caseId, done: false, mistakes });
      return;
    }
    if (wantsJson(request)) response.json({ caseId, mailboxProved: true });
    else response.render('mailbox', { caseId, done: true, mistakes: [] });
  });
  router.post('/applications/:id/mailbox/letter', async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    await askForMailboxCode(parts, caseId);
    if (wantsJson(request)) response.status(202).json({ caseId });
    else response.redirect(303, `${pathOf(caseId)}?sent`);
  });
}

function addCorrection(router: Router, parts: PortalParts): void {
  const path = '/applications/:id/correct';
  const show = (response: Response, shown: object): void =>
    response.render('correct', { profiles: profilesOf(parts), ...shown });
  router.get(path, async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    const application = await mustFind(parts, caseId);
    if (application.state !== 'returned') throw new PkiError('applicationState', { state: application.state });
    show(response, {
      application,
      text: formTextOf({ profile: application.profile, ...application.claim }),
      mistakes: [],
    });
  });
  router.post(path, async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    const application = await mustFind(parts, caseId);
    const text = formTextOf(request.body);
    const corrected = await correct(parts, caseId, text);
    if (corrected === 'corrected') {
      if (wantsJson(request)) response.json({ caseId, state: 'submitted' });
      else response.redirect(303, pathOf(caseId));
      return;
    }
    const mistakes = showMistakes(response, isMistakes(corrected) ? corrected : []);
    if (wantsJson(request)) answerMistakes(response, mistakes);
    else show(response.status(422), { application, text: withoutPersonal(text, mistakes), mistakes });
  });
}

function withoutPersonal<T extends object>(text: T, mistakes: readonly { rule: string }[]): T {
  return mistakes.some(({ rule }) => rule === 'corporateNumberIsTwelveDigits')
    ? { ...text, corporateNumber: '' }
    : text;
}

function addRevocation(router: Router, parts: PortalParts): void {
  const path = '/applications/:id/revoke';
  const show = async (request: Request, response: Response, rule: 'fieldMissing' | null): Promise<void> => {
    const application = await mustFind(parts, idOf(request));
    const standing = await standingOf(parts.ca, application);
    if (standing.certificate === null) throw new PkiError('notYetIssued');
    const mistakes = rule === null ? [] : showMistakes(response, [{ rule, field: 'reason' }]);
    response.render('revoke', { application, standing, reasons: reasonsOf(parts, application.profile), mistakes });
  };
  router.get(path, async (request, response) => {
    await mustHaveEntered(parts, request, idOf(request));
    await show(request, response, null);
  });
  router.post(path, async (request, response) => {
    const caseId = idOf(request);
    await mustHaveEntered(parts, request, caseId);
    if (bodyText(request, 'reason') === '' && !wantsJson(request)) {
      await show(request, response.status(422), 'fieldMissing');
      return;
    }
    await revoke(parts, caseId, bodyText(request, 'reason'));
    if (wantsJson(request)) response.status(202).json({ caseId });
    else response.redirect(303, pathOf(caseId));
  });
}

/** Throws applicationUnknown. */
async function mustFind({ database }: PortalParts, caseId: string): Promise<CertificateApplication> {
  const application = await findApplication(database, caseId);
  if (application === null) throw new PkiError('applicationUnknown');
  return application;
}
