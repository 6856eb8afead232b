import { Router, type Request, type Response } from 'express';
import type { CertificateProfile } from '../../ca-core/index.ts';
import { begin, discard, openDraft, type OpenDraft } from '../applications/draft.ts';
import { formTextOf, type FormText } from '../applications/form-text.ts';
import { previewOf } from '../applications/preview.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import { readUnblockedKey } from '../applications/own-key.ts';
import { submit } from '../applications/submit.ts';
import type { PortalParts } from '../parts.ts';
import { cookieOf, setSession } from './cookies.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { clearKept, deviceLifetime, keepCookie } from './kept-cookies.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

/** The door of the application: beginning and leaving a draft, and sending it. Programs send it whole, as JSON. */
export function applyPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/apply', async (request, response) => {
    response.render('apply', { draft: await draftOf(parts, request), profiles: profilesOf(parts) });
  });
  router.post('/apply/draft', async (_request, response) => {
    const { draftLifetime } = parts.policies.schedule.portal;
    keepCookie(response, 'draft', { value: await begin(parts), seconds: draftLifetime, settings: parts.settings });
    response.redirect(303, '/apply/kind');
  });
  router.post('/apply/draft/discard', async (request, response) => {
    const draft = await draftOf(parts, request);
    if (draft !== null) await discard(parts, draft.id);
    clearKept(response, 'draft', parts.settings);
    response.redirect(303, '/apply');
  });
  router.post('/apply/preview', (request, response) => answerPreview(parts, request, response));
  router.post('/apply', (request, response) => receive(parts, request, response));
  return router;
}

/** The kinds of certificate that people may apply for. */
export function profilesOf({ policies }: PortalParts): readonly CertificateProfile[] {
  return [...policies.profiles.values()].filter(({ kind }) => kind === 'subscriber');
}

export const draftOf = (parts: PortalParts, request: Request): Promise<OpenDraft | null> =>
  openDraft(parts, cookieOf(request, 'draft', parts.settings));

/** What a program would get, before it sends it. */
async function answerPreview(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const text = formTextOf(request.body);
  const form = readForm(text, parts.policies);
  const profile = parts.policies.profiles.get(text.profile);
  const key = profile?.kind === 'subscriber' ? await readUnblockedKey(parts, { text, profile }, 'beforeSealTo') : [];
  const mistakes = [...(isMistakes(form) ? form : []), ...(isMistakes(key) ? key : [])];
  if (isMistakes(form) || mistakes.length > 0) {
    answerMistakes(response, showMistakes(response, mistakes));
    return;
  }
  const preview = await previewOf(parts, form);
  const violations = showMistakes(response, preview.mistakes);
  response.json({ subject: preview.names?.subjectText ?? null, verdicts: preview.verdicts, violations });
}

/** A page sends what only the browser knows; the rest is in the draft. */
async function receive(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const draft = request.is('application/json') === false ? await draftOf(parts, request) : null;
  if (draft === null && request.is('application/json') === false) {
    response.redirect(303, '/apply');
    return;
  }
  const text = draft === null ? formTextOf(request.body) : sentFrom(draft, formTextOf(request.body));
  const { language } = mannersOf(response);
  const received = await submit(parts, { text, language, draftId: draft?.id ?? null });
  if (isMistakes(received)) {
    if (wantsJson(request)) answerMistakes(response, showMistakes(response, received));
    else response.redirect(303, '/apply/check');
    return;
  }
  const { session, device, ...told } = received;
  setSession(response, 'applicant', { token: session, settings: parts.settings });
  keepCookie(response, 'device', { value: device, seconds: deviceLifetime, settings: parts.settings });
  if (draft !== null) clearKept(response, 'draft', parts.settings);
  response.status(201).location(`/applications/${told.caseId}`);
  if (wantsJson(request)) response.json({ caseId: told.caseId, accessCode: told.accessCode });
  else response.render('received', { received: told });
}

const sentFrom = (draft: OpenDraft, { sealTo }: FormText): FormText => ({ ...draft.text, sealTo });
