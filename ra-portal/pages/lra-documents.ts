/** What an LRA adds to a draft or to an application that the organisation's desk wrote. */
import { Router, type Request, type Response } from 'express';
import type { FieldMistake } from '../applications/form-text.ts';
import { withdrawableStates } from '../applications/withdraw.ts';
import { addDocumentForMember, memberCase } from '../lra/member-case.ts';
import { memberSteps } from '../lra/member-steps.ts';
import type { PortalParts } from '../parts.ts';
import { dropUpload } from '../store/uploads.ts';
import { personIn } from './admission.ts';
import { idOf } from './applications.ts';
import { documentsOf, mistakeInUpload, sendUpload, takingUpload } from './apply-documents.ts';
import { textIn } from './body-text.ts';
import { showMistakes } from './field-mistakes.ts';
import { draftPath, mustHaveMemberDraft } from './lra-apply.ts';

export function lraDocuments(parts: PortalParts): Router {
  const router = Router();
  const path = '/lra/apply/:draft/documents';
  router.get(path, (request, response) => showDraft(parts, request, response, []));
  router.post(path, async (request, response) => {
    const draft = await mustHaveMemberDraft(parts, request, response);
    if (draft === null) return;
    const place = { owner: draft.id, profile: draft.text.profile };
    const mistake = await mistakeInUpload(parts, request, response, place);
    if (mistake === null) response.redirect(303, `${draftPath(draft.id)}/documents`);
    else await showDraft(parts, request, response.status(422), [mistake]);
  });
  router.post(`${path}/:upload/remove`, async (request, response) => {
    const draft = await mustHaveMemberDraft(parts, request, response);
    if (draft === null) return;
    await dropUpload(parts.database, { owner: draft.id, id: request.params.upload });
    response.redirect(303, `${draftPath(draft.id)}/documents`);
  });
  router.get(`${path}/:upload`, async (request, response) => {
    const draft = await mustHaveMemberDraft(parts, request, response);
    if (draft !== null) await sendUpload(parts, response, { owner: draft.id, id: request.params.upload });
  });
  addCases(router, parts);
  return router;
}

async function showDraft(
  parts: PortalParts,
  request: Request,
  response: Response,
  mistakes: readonly FieldMistake[],
): Promise<void> {
  const draft = await mustHaveMemberDraft(parts, request, response);
  if (draft === null) return;
  const base = draftPath(draft.id);
  response.render('apply-documents', {
    step: 'documents',
    steps: memberSteps,
    base,
    before: 'identity',
    ...(await documentsOf(parts, { owner: draft.id, profile: draft.text.profile })),
    path: `${base}/documents`,
    tried: { document: textIn(request, 'document'), validUntil: textIn(request, 'validUntil') },
    mistakes: showMistakes(response, mistakes),
  });
}

function addCases(router: Router, parts: PortalParts): void {
  const path = '/lra/cases/:id/documents';
  router.get(path, (request, response) => showCase(parts, request, response, []));
  router.post(path, async (request, response) => {
    const lra = personIn(response);
    const caseId = idOf(request);
    const mistake = await takingUpload(request, response, given =>
      addDocumentForMember(parts, lra, { ...given, caseId }),
    );
    if (mistake === null) response.redirect(303, casePath(caseId, '/documents'));
    else await showCase(parts, request, response.status(422), [mistake]);
  });
  router.get(`${path}/:upload`, async (request, response) => {
    const application = await memberCase(parts, personIn(response), { caseId: idOf(request), states: 'any' });
    await sendUpload(parts, response, { owner: application.caseId, id: request.params.upload });
  });
}

export const casePath = (caseId: string, rest = ''): string => `/lra/cases/${encodeURIComponent(caseId)}${rest}`;

async function showCase(
  parts: PortalParts,
  request: Request,
  response: Response,
  mistakes: readonly FieldMistake[],
): Promise<void> {
  const asked = { caseId: idOf(request), states: withdrawableStates };
  const { caseId, profile } = await memberCase(parts, personIn(response), asked);
  response.render('case-documents', {
    caseId,
    back: casePath(caseId),
    ...(await documentsOf(parts, { owner: caseId, profile })),
    path: casePath(caseId, '/documents'),
    tried: { document: textIn(request, 'document'), validUntil: textIn(request, 'validUntil') },
    mistakes: showMistakes(response, mistakes),
  });
}
