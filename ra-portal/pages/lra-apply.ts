/** An LRA writes an application for a member of its own organisation, one question after the other. */
import { Router, type Request, type Response } from 'express';
import { formTextOf, type FieldMistake } from '../applications/form-text.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import { asksFor, withSuggestedRoman } from '../applications/steps.ts';
import { discard } from '../applications/draft.ts';
import { applyForMember } from '../lra/apply-for-member.ts';
import { beginMemberDraft, keepMemberDraft, openMemberDraft, type MemberDraft } from '../lra/drafts.ts';
import { seeingMethods } from '../lra/identity-seen.ts';
import { memberPreview, memberProfiles, organisationOf, withOrganisation } from '../lra/member-form.ts';
import {
  memberFormSteps,
  memberMistakes,
  memberStepAfter,
  memberStepOf,
  memberSteps,
  mergeMemberStep,
  type MemberFormStep,
} from '../lra/member-steps.ts';
import type { PortalParts } from '../parts.ts';
import { uploadsOf } from '../store/uploads.ts';
import { personIn } from './admission.ts';
import { licencesIn } from './apply-steps.ts';
import { showMistakes } from './field-mistakes.ts';
import { mannersOf } from './manners.ts';

export function lraApplyPages(parts: PortalParts): Router {
  const router = Router();
  router.post('/lra/apply', async (_request, response) => {
    const id = await beginMemberDraft(parts, personIn(response));
    response.redirect(303, `${draftPath(id)}/kind`);
  });
  router.post('/lra/apply/:draft/discard', async (request, response) => {
    const draft = await mustHaveMemberDraft(parts, request, response);
    if (draft === null) return;
    await discard(parts, draft.id);
    response.redirect(303, '/lra');
  });
  for (const step of memberFormSteps) {
    router.get(`/lra/apply/:draft/${step}`, (request, response) => showStep(parts, request, response, step));
    router.post(`/lra/apply/:draft/${step}`, (request, response) => takeStep(parts, request, response, step));
  }
  router.get('/lra/apply/:draft/check', (request, response) => showCheck(parts, request, response));
  router.post('/lra/apply/:draft', (request, response) => send(parts, request, response));
  return router;
}

export const draftPath = (id: string): string => `/lra/apply/${id}`;

/** Another LRA's draft and none are the same: the desk is where one begins. */
export async function mustHaveMemberDraft(
  parts: PortalParts,
  request: Request,
  response: Response,
): Promise<MemberDraft | null> {
  const draft = await openMemberDraft(parts, personIn(response), String(request.params['draft']));
  if (draft === null) response.redirect(303, '/lra');
  return draft;
}

/** With `?check` the step says what is wrong with it. */
async function showStep(parts: PortalParts, request: Request, response: Response, step: MemberFormStep): Promise<void> {
  const draft = await mustHaveMemberDraft(parts, request, response);
  if (draft === null) return;
  const isChecked = request.query['check'] !== undefined;
  const mistakes = isChecked ? await memberMistakes(parts, personIn(response), draft) : [];
  await renderStep(parts, response, { step, draft, mistakes });
}

async function takeStep(parts: PortalParts, request: Request, response: Response, step: MemberFormStep): Promise<void> {
  const before = await mustHaveMemberDraft(parts, request, response);
  if (before === null) return;
  const merged = mergeMemberStep(parts, before, { step, given: formTextOf(request.body), body: request.body });
  await keepMemberDraft(parts, before.id, merged);
  const draft = { ...before, ...merged };
  const mistakes = await memberMistakes(parts, personIn(response), draft);
  if (mistakes.some(({ field }) => memberStepOf(field) === step)) {
    await renderStep(parts, response.status(422), { step, draft, mistakes });
  } else response.redirect(303, `${draftPath(draft.id)}/${memberStepAfter(step)}`);
}

interface ShownStep {
  readonly step: MemberFormStep;
  readonly draft: MemberDraft;
  readonly mistakes: readonly FieldMistake[];
}

async function renderStep(parts: PortalParts, response: Response, { step, draft, mistakes }: ShownStep): Promise<void> {
  const { profiles, prefixes } = parts.policies;
  const { id, text, seen } = draft;
  response.render('apply-step', {
    step,
    steps: memberSteps,
    base: draftPath(id),
    door: '/lra',
    ...(wordedFor.includes(step) ? { titleKey: `lra.step.${step}.title`, fields: `fields-member-${step}` } : {}),
    text: step === 'roman' ? withSuggestedRoman(text) : text,
    seen,
    methods: seeingMethods(parts),
    organisation: await organisationOf(parts, personIn(response)),
    profiles: memberProfiles(parts),
    profile: profiles.get(text.profile),
    asks: asksFor(profiles.get(text.profile)),
    licences: licencesIn(prefixes),
    mistakes: showMistakes(
      response,
      mistakes.filter(({ field }) => memberStepOf(field) === step),
    ),
  });
}

/** The steps that ask an LRA something else than an applicant. */
const wordedFor: readonly MemberFormStep[] = ['organisation', 'contact', 'identity'];

/** Everything once more, and the exact name; a step with mistakes is shown instead. */
async function showCheck(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const draft = await mustHaveMemberDraft(parts, request, response);
  if (draft === null) return;
  const lra = personIn(response);
  const [mistake] = await memberMistakes(parts, lra, draft);
  const form = readForm(await withOrganisation(parts, lra, draft.text), parts.policies);
  if (mistake !== undefined || isMistakes(form)) {
    response.redirect(303, `${draftPath(draft.id)}/${memberStepOf(mistake?.field ?? 'profile')}?check`);
    return;
  }
  const { profile, claim, typed } = form;
  response.render('lra-review', {
    step: 'check',
    steps: memberSteps,
    base: draftPath(draft.id),
    text: draft.text,
    seen: draft.seen,
    method: seeingMethods(parts).find(({ id }) => id === draft.seen.identityMethod),
    profile,
    claim,
    typed,
    suggested: typed['suggestedRoman'] ?? null,
    preview: await memberPreview(parts, form),
    uploads: await uploadsOf(parts.database, draft.id),
    documents: parts.policies.identity.documents,
  });
}

async function send(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const draft = await mustHaveMemberDraft(parts, request, response);
  if (draft === null) return;
  const { language } = mannersOf(response);
  const { text, seen, id } = draft;
  const applied = await applyForMember(parts, personIn(response), { text, seen, language, draftId: id });
  if (isMistakes(applied)) response.redirect(303, `${draftPath(id)}/check`);
  else response.status(201).location(`/lra/cases/${applied.caseId}`).render('lra-applied', { applied });
}
