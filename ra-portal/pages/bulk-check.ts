/** An organisation's tables: uploaded, read in the right way, checked to the last row. Nothing is applied for here. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import {
  bulkProfile,
  checkFile,
  checkedFile,
  checkedFiles,
  eraseFile,
  errorFileOf,
  groundOf,
  readAgain,
  type Reading,
} from '../bulk/checked-files.ts';
import { bulkProfiles, titleOf } from '../bulk/columns.ts';
import { hintText, placeText, ruleText } from '../bulk/fault-text.ts';
import { layoutNames } from '../bulk/layouts.ts';
import { columnLetters, delimiters, encodings } from '../bulk/reading/table.ts';
import { mostRows } from '../bulk/submit-job.ts';
import { attestables, templateForms, templateOf } from '../bulk/template.ts';
import type { PortalParts } from '../parts.ts';
import { fileIn } from '../uploads/read-multipart.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { showMistakes } from './field-mistakes.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

const faultsOnPage = 100;

export function bulkCheckPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/lra/bulk', (request, response) => showFiles(parts, request, response));
  router.post('/lra/bulk', (request, response) => takeFile(parts, request, response));
  router.get('/lra/bulk/templates/:profile/:form', (request, response) => sendTemplate(parts, request, response));
  router.get('/lra/bulk/files/:file', (request, response) => showFile(parts, request, response));
  router.post('/lra/bulk/files/:file/reading', async (request, response) => {
    await readAgain(parts, personIn(response), fileOf(request), readingIn(request));
    answerChecked(request, response, fileOf(request));
  });
  router.get('/lra/bulk/files/:file/errors', (request, response) => sendErrors(parts, request, response));
  router.post('/lra/bulk/files/:file/erase', async (request, response) => {
    await eraseFile(parts, personIn(response), fileOf(request));
    if (wantsJson(request)) response.status(204).end();
    else response.redirect(303, '/lra/bulk');
  });
  return router;
}

const fileOf = (request: Request): string => String(request.params['file']);

async function takeFile(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const octets = fileIn(response.locals);
  const name = String(response.locals['fileName'] ?? '');
  try {
    if (octets === null) throw new PkiError('fieldMissing');
    const id = await checkFile(parts, personIn(response), { octets, name, reading: readingIn(request) });
    answerChecked(request, response, id);
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PkiError) || !ofTheFile.includes(error.code)) throw error;
    await showFiles(parts, request, response.status(422), [{ rule: error.code, field: 'file' }]);
  }
}

const ofTheFile: readonly string[] = [
  'fieldMissing',
  'tableUnreadable',
  'fileTooLarge',
  'fileTooMany',
  'profileUnknown',
];

function answerChecked(request: Request, response: Response, id: string): void {
  if (wantsJson(request)) response.status(201).json({ file: id });
  else response.redirect(303, `/lra/bulk/files/${encodeURIComponent(id)}`);
}

/** What a form says of how the file is to be read; what it leaves open is found out. */
function readingIn(request: Request): Reading {
  const text = (field: string): string => textIn(request, field).slice(0, 200);
  const encoding = encodings.find(one => one === text('encoding'));
  const delimiter = delimiters.find(one => one === text('delimiter'));
  const layout = layoutNames.find(one => one === text('layout'));
  const said = (['identityDocument', 'identityMethod', 'identitySeenOn'] as const).filter(field => text(field) !== '');
  return {
    profile: text('profile'),
    chosen: {
      ...(encoding === undefined ? {} : { encoding }),
      ...(delimiter === undefined ? {} : { delimiter }),
      ...(layout === undefined ? {} : { quotes: layout !== 'nii' }),
    },
    ...(layout === undefined ? {} : { layout }),
    defaults: Object.fromEntries(said.map(field => [field, text(field)])),
  };
}

async function showFiles(
  parts: PortalParts,
  request: Request,
  response: Response,
  mistakes: readonly { readonly rule: string; readonly field: string }[] = [],
): Promise<void> {
  const files = await checkedFiles(parts, personIn(response));
  response.render('bulk-files', {
    files,
    profiles: bulkProfiles(parts.policies),
    forms: templateForms,
    chosen: textIn(request, 'profile'),
    mistakes: showMistakes(response, mistakes),
  });
}

async function showFile(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const file = await checkedFile(parts, personIn(response), fileOf(request));
  if (wantsJson(request)) {
    response.json(file);
    return;
  }
  const { language } = mannersOf(response);
  const { verdict } = file;
  const pages = Math.max(1, Math.ceil(verdict.faults.length / faultsOnPage));
  const asked = Number(request.query['page'] ?? 1);
  const page = Number.isSafeInteger(asked) ? Math.min(pages, Math.max(1, asked)) : 1;
  const faults = verdict.faults.slice((page - 1) * faultsOnPage, page * faultsOnPage);
  response.render('bulk-file', {
    file,
    verdict,
    page,
    pages,
    faults: faults.map(fault => ({
      ...fault,
      place: placeText(language, fault),
      what: ruleText(language, fault),
      how: hintText(language, fault),
    })),
    title: (field: Parameters<typeof titleOf>[0]) => titleOf(field)[language],
    letters: columnLetters,
    profiles: bulkProfiles(parts.policies),
    profile: bulkProfile(parts, file.reading.profile),
    encodings,
    delimiters,
    layouts: layoutNames,
    attestables: attestables({ policies: parts.policies, now: parts.clock.now() }),
    most: mostRows,
  });
}

async function sendTemplate(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const form = templateForms.find(one => one === request.params['form']);
  if (form === undefined) throw new PkiError('documentUnknown');
  const profile = String(request.params['profile']);
  const ground = await groundOf(parts, personIn(response), { profile, defaults: {} });
  const octets = await templateOf(ground, form, mannersOf(response).language);
  send(response, octets, `${profile}${form === 'xlsx' ? '.xlsx' : `-${form}.csv`}`);
}

async function sendErrors(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const { language } = mannersOf(response);
  const { octets, form } = await errorFileOf(parts, personIn(response), { id: fileOf(request), language });
  send(response, octets, `errors.${form}`);
}

/** As a file to keep, never to be run or shown. */
function send(response: Response, octets: Buffer, name: string): void {
  response.attachment(name).type(name.endsWith('.xlsx') ? xlsx : 'application/octet-stream');
  response.send(octets);
}

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
