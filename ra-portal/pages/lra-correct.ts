/** What an LRA still may change of an application that the organisation's desk wrote. */
import { Router, type Request, type Response } from 'express';
import { atParts, formTextOf, withNameParts, type FieldMistake, type FormText } from '../applications/form-text.ts';
import { isMistakes } from '../applications/read-form.ts';
import { asksFor, fitting } from '../applications/steps.ts';
import { withdrawableStates } from '../applications/withdraw.ts';
import { memberProfiles, organisationOf } from '../lra/member-form.ts';
import { correctForMember, inviteAgain, memberCase, withdrawForMember } from '../lra/member-case.ts';
import type { PortalParts } from '../parts.ts';
import { personIn } from './admission.ts';
import { idOf, mustFind } from './applications.ts';
import { licencesIn } from './apply-steps.ts';
import { showMistakes } from './field-mistakes.ts';
import { casePath } from './lra-documents.ts';
import { remarksShown } from './remarks.ts';

export function lraCorrectPages(parts: PortalParts): Router {
  const router = Router();
  const path = '/lra/cases/:id';
  router.get(`${path}/correct`, (request, response) => showCorrection(parts, request, response));
  router.post(`${path}/correct`, (request, response) => takeCorrection(parts, request, response));
  router.post(`${path}/invite`, async (request, response) => {
    const handOverCode = await inviteAgain(parts, personIn(response), idOf(request));
    await showCode(parts, request, response, handOverCode);
  });
  router.get(`${path}/withdraw`, async (request, response) => {
    const asked = { caseId: idOf(request), states: withdrawableStates };
    const application = await memberCase(parts, personIn(response), asked);
    response.render('withdraw', { application, base: casePath(application.caseId) });
  });
  router.post(`${path}/withdraw`, async (request, response) => {
    await withdrawForMember(parts, personIn(response), idOf(request));
    response.redirect(303, casePath(idOf(request)));
  });
  return router;
}

async function showCode(parts: PortalParts, request: Request, response: Response, handOverCode: string): Promise<void> {
  const { caseId, claim } = await mustFind(parts, idOf(request));
  response.render('lra-applied', { applied: { caseId, handOverCode, mailbox: claim.mailbox, codeUntil: null } });
}

async function showCorrection(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const asked = { caseId: idOf(request), states: ['returned'] };
  const { claim, profile } = await memberCase(parts, personIn(response), asked);
  const [, licenceKind = '', licenceNumber = ''] = /^([A-Z0-9]+-)(.+)$/.exec(claim.licence ?? '') ?? [];
  const text = withNameParts(formTextOf({ profile, ...claim, licenceKind, licenceNumber }));
  await renderCorrection(parts, response, { caseId: asked.caseId, text, mistakes: [] });
}

async function takeCorrection(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const caseId = idOf(request);
  const text = fitting(parts, formTextOf(request.body));
  const corrected = await correctForMember(parts, personIn(response), { caseId, text });
  if (isMistakes(corrected)) {
    await renderCorrection(parts, response.status(422), { caseId, text, mistakes: atParts(corrected) });
  } else if (corrected.handOverCode === null) response.redirect(303, casePath(caseId));
  else await showCode(parts, request, response, corrected.handOverCode);
}

interface Shown {
  readonly caseId: string;
  readonly text: FormText;
  readonly mistakes: readonly FieldMistake[];
}

async function renderCorrection(
  parts: PortalParts,
  response: Response,
  { caseId, text, mistakes }: Shown,
): Promise<void> {
  response.render('lra-correct', {
    application: await mustFind(parts, caseId),
    text,
    organisation: await organisationOf(parts, personIn(response)),
    profiles: memberProfiles(parts),
    asks: asksFor(parts.policies.profiles.get(text.profile)),
    licences: licencesIn(parts.policies.prefixes),
    remarks: await remarksShown(parts, response, caseId),
    mistakes: showMistakes(response, mistakes),
  });
}
