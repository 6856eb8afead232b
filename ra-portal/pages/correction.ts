/** What an applicant still may change: a returned application, its documents, and that there is one at all. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { correct } from '../applications/correct.ts';
import { atParts, formTextOf, type FieldMistake, type FormText } from '../applications/form-text.ts';
import { asksFor, fitting } from '../applications/steps.ts';
import { withdraw, withdrawableStates } from '../applications/withdraw.ts';
import type { PortalParts } from '../parts.ts';
import { fieldsOf } from '../renewals/pre-filled.ts';
import { documentsOf, mistakeInUpload, sendUpload } from './apply-documents.ts';
import { licencesIn } from './apply-steps.ts';
import { profilesOf } from './apply.ts';
import { idOf, mustFind, pathOf } from './applications.ts';
import { textIn } from './body-text.ts';
import { mustHaveEntered } from './cookies.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { wantsJson } from './refusals.ts';
import { remarksShown } from './remarks.ts';

export function correctionPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/applications/:id';
  router.get(`${path}/correct`, (request, response) => showCorrection(parts, request, response));
  router.post(`${path}/correct`, (request, response) => takeCorrection(parts, request, response));
  router.get(`${path}/withdraw`, async (request, response) => {
    const application = await ownIn(parts, request, withdrawableStates);
    response.render('withdraw', { application });
  });
  router.post(`${path}/withdraw`, async (request, response) => {
    await mustHaveEntered(parts, request, idOf(request));
    await withdraw(parts, idOf(request));
    if (wantsJson(request)) response.json({ caseId: idOf(request), state: 'withdrawn' });
    else response.redirect(303, pathOf(idOf(request)));
  });
  addDocuments(router, parts);
  return router;
}

/** Throws notPermitted, applicationUnknown, applicationState. */
async function ownIn(parts: PortalParts, request: Request, states: readonly string[]): Promise<CertificateApplication> {
  await mustHaveEntered(parts, request, idOf(request));
  const application = await mustFind(parts, idOf(request));
  if (!states.includes(application.state)) throw new PkiError('applicationState', { state: application.state });
  return application;
}

async function showCorrection(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const application = await ownIn(parts, request, ['returned']);
  await renderCorrection(parts, response, { application, text: fieldsOf(application), mistakes: [] });
}

async function takeCorrection(parts: PortalParts, request: Request, response: Response): Promise<void> {
  await mustHaveEntered(parts, request, idOf(request));
  const application = await mustFind(parts, idOf(request));
  const given = formTextOf(request.body);
  const text = wantsJson(request) ? given : fitting(parts, given);
  const corrected = await correct(parts, application.caseId, text);
  if (corrected !== 'corrected') {
    if (wantsJson(request)) answerMistakes(response, showMistakes(response, corrected));
    else await renderCorrection(parts, response.status(422), { application, text, mistakes: atParts(corrected) });
  } else if (wantsJson(request)) response.json({ caseId: application.caseId, state: 'submitted' });
  else response.redirect(303, pathOf(application.caseId));
}

interface Shown {
  readonly application: CertificateApplication;
  readonly text: FormText;
  readonly mistakes: readonly FieldMistake[];
}

async function renderCorrection(
  parts: PortalParts,
  response: Response,
  { application, text, mistakes }: Shown,
): Promise<void> {
  const isPersonal = mistakes.some(({ rule }) => rule === 'corporateNumberIsTwelveDigits');
  response.render('correct', {
    application,
    text: isPersonal ? { ...text, corporateNumber: '' } : text,
    profiles: profilesOf(parts),
    asks: asksFor(parts.policies.profiles.get(text.profile)),
    licences: licencesIn(parts.policies.prefixes),
    remarks: await remarksShown(parts, response, application.caseId),
    mistakes: showMistakes(response, mistakes),
  });
}

function addDocuments(router: Router, parts: PortalParts): void {
  const path = '/applications/:id/documents';
  const show = async (request: Request, response: Response, mistakes: readonly FieldMistake[]): Promise<void> => {
    const { caseId, profile } = await ownIn(parts, request, withdrawableStates);
    response.render('case-documents', {
      caseId,
      ...(await documentsOf(parts, { owner: caseId, profile })),
      path: `${pathOf(caseId)}/documents`,
      tried: { document: textIn(request, 'document'), validUntil: textIn(request, 'validUntil') },
      mistakes: showMistakes(response, mistakes),
    });
  };
  router.get(path, (request, response) => show(request, response, []));
  router.post(path, async (request, response) => {
    const { caseId, profile } = await ownIn(parts, request, withdrawableStates);
    const mistake = await mistakeInUpload(parts, request, response, { owner: caseId, profile });
    if (mistake === null) response.redirect(303, `${pathOf(caseId)}/documents`);
    else await show(request, response.status(422), [mistake]);
  });
  router.get(`${path}/:upload`, async (request, response) => {
    await mustHaveEntered(parts, request, idOf(request));
    await sendUpload(parts, response, { owner: idOf(request), id: request.params.upload });
  });
}
