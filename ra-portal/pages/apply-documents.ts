import { Router, type Request, type Response } from 'express';
import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';
import type { FieldMistake } from '../applications/form-text.ts';
import { steps } from '../applications/steps.ts';
import type { PortalParts } from '../parts.ts';
import { dropUpload, uploadsOf } from '../store/uploads.ts';
import { documentsFor, isShown } from '../uploads/documents-for.ts';
import { mediaTypeOf } from '../uploads/file-kind.ts';
import { fileIn } from '../uploads/read-multipart.ts';
import { drawable, openUpload, takeUpload, type GivenUpload } from '../uploads/take-upload.ts';
import { mustHaveDraft } from './apply-steps.ts';
import { textIn } from './body-text.ts';
import { showMistakes } from './field-mistakes.ts';

/** The documents of a draft: added one by one, looked at, taken back. */
export function applyDocuments(parts: PortalParts): Router {
  const router = Router();
  router.get('/apply/documents', (request, response) => showDocuments(parts, request, response, []));
  router.post('/apply/documents', (request, response) => addDocument(parts, request, response));
  router.post('/apply/documents/:upload/remove', async (request, response) => {
    const draft = await mustHaveDraft(parts, request, response);
    if (draft === null) return;
    await dropUpload(parts.database, { owner: draft.id, id: request.params.upload });
    response.redirect(303, '/apply/documents');
  });
  router.get('/apply/documents/:upload', async (request, response) => {
    const draft = await mustHaveDraft(parts, request, response);
    if (draft !== null) await sendUpload(parts, response, { owner: draft.id, id: request.params.upload });
  });
  return router;
}

async function showDocuments(
  parts: PortalParts,
  request: Request,
  response: Response,
  mistakes: readonly FieldMistake[],
): Promise<void> {
  const draft = await mustHaveDraft(parts, request, response);
  if (draft === null) return;
  response.render('apply-documents', {
    step: 'documents',
    steps,
    ...(await documentsOf(parts, { owner: draft.id, profile: draft.text.profile })),
    path: '/apply/documents',
    tried: { document: textIn(request, 'document'), validUntil: textIn(request, 'validUntil') },
    mistakes: showMistakes(response, mistakes),
  });
}

async function addDocument(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const draft = await mustHaveDraft(parts, request, response);
  if (draft === null) return;
  const mistake = await mistakeInUpload(parts, request, response, { owner: draft.id, profile: draft.text.profile });
  if (mistake === null) response.redirect(303, '/apply/documents');
  else await showDocuments(parts, request, response.status(422), [mistake]);
}

interface UploadPlace {
  readonly owner: string;
  readonly profile: string;
}

/** What a page about documents shows. */
export async function documentsOf(
  { policies, database, clock }: PortalParts,
  { owner, profile }: UploadPlace,
): Promise<object> {
  const uploads = await uploadsOf(database, owner);
  const wanted = documentsFor(policies, profile, clock.now());
  return {
    uploads,
    documents: policies.identity.documents,
    wanted: wanted.map(one => ({ ...one, isShown: isShown(one, uploads) })),
  };
}

/** Takes the file of a form in; null when that is done. */
export function mistakeInUpload(
  parts: PortalParts,
  request: Request,
  response: Response,
  { owner, profile }: UploadPlace,
): Promise<FieldMistake | null> {
  return takingUpload(request, response, given => takeUpload(parts, owner, { ...given, profile }));
}

/** What keeps the file of a form from being taken, at the field that a person can mend. */
export async function takingUpload(
  request: Request,
  response: Response,
  take: (given: GivenUpload) => Promise<unknown>,
): Promise<FieldMistake | null> {
  const [document, validUntil] = [textIn(request, 'document'), textIn(request, 'validUntil')];
  const file = fileIn(response.locals);
  if (document === '') return { rule: 'fieldMissing', field: 'document' };
  if (file === null) return { rule: 'fieldMissing', field: 'file' };
  try {
    await take({ document, validUntil, file });
    return null;
  } catch (error) {
    if (!(error instanceof PkiError) || ofTheCase.includes(error.code)) throw error;
    const field = error.code === 'dateInvalid' ? 'validUntil' : error.code === 'fieldInvalid' ? 'document' : 'file';
    return { rule: error.code, field };
  }
}

/** Refusals that have nothing to do with the file. */
const ofTheCase: readonly PkiErrorCode[] = ['applicationUnknown', 'applicationState'];

/** One file as it was cleaned, in a box of its own: no script, no frame around it but ours, no other type than it has. */
export async function sendUpload(
  parts: PortalParts,
  response: Response,
  place: { readonly owner: string; readonly id: string },
): Promise<void> {
  const found = await openUpload(parts, place);
  if (found === null) throw new PkiError('documentUnknown');
  const { kind, file } = drawable(found);
  response.set({
    'Content-Type': mediaTypeOf[kind],
    'Content-Security-Policy':
      "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox",
    'X-Frame-Options': 'SAMEORIGIN',
    'Content-Disposition': `${kind === 'heic' ? 'attachment' : 'inline'}; filename="document.${kind}"`,
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
  response.send(file);
}
