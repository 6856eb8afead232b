/** The application, one question after the other. Every step is kept on the server before the next is shown. */
import { Router, type Request, type Response } from 'express';
import { keep, type OpenDraft } from '../applications/draft.ts';
import { formTextOf, type FieldMistake, type FormText } from '../applications/form-text.ts';
import { previewOf } from '../applications/preview.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import {
  asksFor,
  formSteps,
  mergeStep,
  mistakesIn,
  mistakesOfStep,
  stepAfter,
  stepOf,
  steps,
  withSuggestedRoman,
  type FormStep,
} from '../applications/steps.ts';
import type { PortalParts } from '../parts.ts';
import { uploadsOf } from '../store/uploads.ts';
import { documentsFor, isShown } from '../uploads/documents-for.ts';
import type { Language } from '../words/language.ts';
import { draftOf, profilesOf } from './apply.ts';
import { showMistakes } from './field-mistakes.ts';

export function applySteps(parts: PortalParts): Router {
  const router = Router();
  for (const step of formSteps) {
    router.get(`/apply/${step}`, (request, response) => showStep(parts, request, response, step));
    router.post(`/apply/${step}`, (request, response) => takeStep(parts, request, response, step));
  }
  router.get('/apply/check', (request, response) => showCheck(parts, request, response));
  return router;
}

/** With `?check` the step says what is wrong with it. */
async function showStep(parts: PortalParts, request: Request, response: Response, step: FormStep): Promise<void> {
  const draft = await mustHaveDraft(parts, request, response);
  if (draft === null) return;
  const mistakes = request.query['check'] === undefined ? [] : await mistakesOfStep(parts, draft.text, step);
  renderStep(parts, response, { step, text: draft.text, mistakes });
}

async function takeStep(parts: PortalParts, request: Request, response: Response, step: FormStep): Promise<void> {
  const draft = await mustHaveDraft(parts, request, response);
  if (draft === null) return;
  const text = mergeStep(parts, draft.text, { step, given: formTextOf(request.body) });
  const mistakes = await mistakesOfStep(parts, text, step);
  const isPersonal = mistakes.some(({ rule }) => rule === 'corporateNumberIsTwelveDigits');
  const kept = isPersonal ? { ...text, corporateNumber: '' } : text;
  await keep(parts, draft.id, kept);
  if (mistakes.length > 0) renderStep(parts, response.status(422), { step, text: kept, mistakes });
  else response.redirect(303, `/apply/${stepAfter(step)}`);
}

interface ShownStep {
  readonly step: FormStep;
  readonly text: FormText;
  readonly mistakes: readonly FieldMistake[];
}

function renderStep(parts: PortalParts, response: Response, { step, text, mistakes }: ShownStep): void {
  const { profiles, prefixes } = parts.policies;
  response.render('apply-step', {
    step,
    steps,
    text: step === 'roman' ? withSuggestedRoman(text) : text,
    profiles: profilesOf(parts),
    profile: profiles.get(text.profile),
    asks: asksFor(profiles.get(text.profile)),
    licences: licencesIn(prefixes),
    mistakes: showMistakes(response, mistakes),
  });
}

interface Licence {
  readonly prefix: string;
  readonly title: Readonly<Record<Language, string>>;
}

/** The kinds of licence that a name may hold. */
export const licencesIn = (prefixes: PortalParts['policies']['prefixes']): readonly Licence[] =>
  Object.values(prefixes)
    .flat()
    .filter(({ from }) => from === 'licence');

/** Everything once more, and the exact name; a step with mistakes is shown instead. */
async function showCheck(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const draft = await mustHaveDraft(parts, request, response);
  if (draft === null) return;
  const [mistake] = await mistakesIn(parts, draft.text);
  const form = readForm(draft.text, parts.policies);
  if (mistake !== undefined || isMistakes(form)) {
    response.redirect(303, `/apply/${stepOf(mistake?.field ?? 'profile')}?check`);
    return;
  }
  const { profile, claim, typed } = form;
  const uploads = await uploadsOf(parts.database, draft.id);
  const wanted = documentsFor(parts.policies, profile.name, parts.clock.now());
  response.render('review', {
    step: 'check',
    steps,
    text: draft.text,
    profile,
    claim,
    typed,
    suggested: typed['suggestedRoman'] ?? null,
    preview: await previewOf(parts, form),
    uploads,
    documents: parts.policies.identity.documents,
    unshown: wanted.filter(one => !isShown(one, uploads)),
  });
}

/** Without a draft there is nothing to show: the door is where it begins. */
export async function mustHaveDraft(
  parts: PortalParts,
  request: Request,
  response: Response,
): Promise<OpenDraft | null> {
  const draft = await draftOf(parts, request);
  if (draft === null) response.redirect(303, '/apply');
  return draft;
}
