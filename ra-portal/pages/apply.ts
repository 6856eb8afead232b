import { randomBytes } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import type { CertificateProfile } from '../../ca-core/index.ts';
import { previewOf } from '../applications/preview.ts';
import { formTextOf, type FieldMistake, type FormText } from '../applications/form-text.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import { readSubjectKey } from '../applications/read-key.ts';
import { submit } from '../applications/submit.ts';
import type { PortalParts } from '../parts.ts';
import { setSession } from './cookies.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

/** The application form, its review, and its submission. */
export function applyPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/apply', (_request, response) => showForm(parts, response, { text: emptyForm(parts), mistakes: [] }));
  router.post('/apply/edit', (request, response) =>
    showForm(parts, response, { text: formTextOf(request.body), mistakes: [] }),
  );
  router.post('/apply/preview', (request, response) => review(parts, request, response));
  router.post('/apply', (request, response) => receive(parts, request, response));
  return router;
}

/** The kinds of certificate that people may apply for. */
export function profilesOf({ policies }: PortalParts): readonly CertificateProfile[] {
  return [...policies.profiles.values()].filter(({ kind }) => kind === 'subscriber');
}

async function review(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const text = formTextOf(request.body);
  const form = readForm(text, parts.policies);
  const profile = parts.policies.profiles.get(text.profile);
  const key =
    profile?.kind === 'subscriber' ? readSubjectKey(text, { profile, policies: parts.policies }, 'beforeSealTo') : [];
  const mistakes = [...(isMistakes(form) ? form : []), ...(isMistakes(key) ? key : [])];
  if (isMistakes(form) || mistakes.length > 0) {
    refuse(parts, request, response, { text, mistakes });
    return;
  }
  const preview = await previewOf(parts, form);
  if (wantsJson(request)) {
    const violations = showMistakes(response, preview.mistakes);
    response.json({ subject: preview.names?.subjectText ?? null, verdicts: preview.verdicts, violations });
    return;
  }
  if (preview.mistakes.length > 0) {
    refuse(parts, request, response, { text, mistakes: preview.mistakes });
    return;
  }
  response.render('review', { text, profile: form.profile, claim: form.claim, preview });
}

async function receive(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const text = formTextOf(request.body);
  const received = await submit(parts, text, mannersOf(response).language);
  if (isMistakes(received)) {
    refuse(parts, request, response, { text, mistakes: received });
    return;
  }
  const { session, ...told } = received;
  setSession(response, 'applicant', { token: session, settings: parts.settings });
  response.status(201).location(`/applications/${told.caseId}`);
  if (wantsJson(request)) response.json({ caseId: told.caseId, accessCode: told.accessCode });
  else response.render('received', { received: told });
}

interface Filled {
  readonly text: FormText;
  readonly mistakes: readonly FieldMistake[];
}

function refuse(parts: PortalParts, request: Request, response: Response, { text, mistakes }: Filled): void {
  if (wantsJson(request)) answerMistakes(response, showMistakes(response, mistakes));
  else showForm(parts, response.status(422), { text, mistakes });
}

/** A number that may be a My Number is not even sent back to the one who typed it. */
function showForm(parts: PortalParts, response: Response, { text, mistakes }: Filled): void {
  const isPersonal = mistakes.some(({ rule }) => rule === 'corporateNumberIsTwelveDigits');
  const shown = isPersonal ? { ...text, corporateNumber: '' } : text;
  response.render('apply', { profiles: profilesOf(parts), text: shown, mistakes: showMistakes(response, mistakes) });
}

function emptyForm(parts: PortalParts): FormText {
  const profile = profilesOf(parts)[0];
  return {
    ...formTextOf({}),
    profile: profile?.name ?? '',
    delivery: 'pkcs12',
    keyAlgorithm: profile?.keys[0] ?? '',
    submissionId: randomBytes(16).toString('hex'),
  };
}
