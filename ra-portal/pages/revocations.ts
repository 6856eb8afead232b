/** Many certificates revoked at once: chosen, looked at, written down for two officers, and followed. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { encodeSerialList, revocationReasons } from '../../ca-core/index.ts';
import type { FieldMistake } from '../applications/form-text.ts';
import {
  chooseMany,
  dryRun,
  makeMassDocuments,
  waysToChoose,
  type ChosenList,
  type ManyForm,
} from '../officer/choose-many.ts';
import { massProgress, recentMass } from '../officer/follow-mass.ts';
import type { PortalParts } from '../parts.ts';
import { fileIn } from '../uploads/read-multipart.ts';
import { personIn } from './admission.ts';
import { profilesOf } from './apply.ts';
import { textIn } from './body-text.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { mannersOf } from './manners.ts';
import { bodyOf } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

const path = '/officer/revocations';
const nothingTyped = { by: '', corporateNumber: '', profile: '', listed: '', reason: '', since: '' };

export function massRevocationPages(parts: PortalParts): Router {
  const router = Router();
  router.get(path, (_request, response) => showForm(parts, response, { ...nothingTyped, file: null }, []));
  router.post(`${path}/check`, async (request, response) => {
    const form = formIn(request, response);
    const chosen = await chooseMany(parts, form);
    if (!('list' in chosen)) await answerWrong(parts, request, response, { form, mistakes: chosen });
    else if (wantsJson(request)) response.json(await dryRun(parts, chosen));
    else response.redirect(303, addressOf(chosen));
  });
  router.get(`${path}/lists/:list`, async (request, response) => {
    const run = await dryRun(parts, { ...chosenIn(request.query), list: request.params.list });
    const titles = new Map(profilesOf(parts).map(({ name, title }) => [name, title]));
    response.render('mass-revocation-check', { run, titles });
  });
  router.get(`${path}/lists/:list/serials`, async (request, response) => {
    const { list } = request.params;
    const chosen = { ...chosenIn(request.query), list };
    const text =
      chosen.reason === ''
        ? await parts.ca.massRevocations.serials(list)
        : encodeSerialList((await dryRun(parts, chosen)).serialNumbers);
    if (text === undefined) throw new PkiError('documentUnknown');
    response
      .attachment(`${list.slice(0, 16)}.txt`)
      .type('text/plain')
      .send(text);
  });
  router.post(path, async (request, response) => {
    const chosen = { ...chosenIn(bodyOf(request)), list: textIn(request, 'list') };
    const made = await makeMassDocuments(parts, personIn(response), {
      ...chosen,
      typedCount: textIn(request, 'count'),
    });
    const [first] = made;
    const locations = made.map(one => ({ ...one, location: `${parts.settings.approvalUrl}/documents/${one.digest}` }));
    if (wantsJson(request)) response.status(201).json({ documents: locations });
    else response.redirect(303, made.length === 1 ? `${path}/${first?.digest ?? ''}` : path);
  });
  router.get(`${path}/:document`, async (request, response) => {
    const progress = await massProgress(parts, request.params.document);
    if (wantsJson(request)) response.json(progress);
    else response.render('mass-revocation', { progress });
  });
  return router;
}

export function addressOf({ list, reason, since, chosenBy }: ChosenList): string {
  return `${path}/lists/${list}?${new URLSearchParams({ reason, since, chosenBy }).toString()}`;
}

export function chosenIn(fields: Readonly<Record<string, unknown>>): Omit<ChosenList, 'list'> {
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name].trim() : '');
  return { reason: text('reason'), since: text('since'), chosenBy: text('chosenBy') };
}

const formIn = (request: Request, response: Response): ManyForm => ({
  by: textIn(request, 'by'),
  corporateNumber: textIn(request, 'corporateNumber'),
  profile: textIn(request, 'profile'),
  listed: textIn(request, 'listed'),
  file: fileIn(response.locals),
  reason: textIn(request, 'reason'),
  since: textIn(request, 'since'),
});

async function showForm(
  parts: PortalParts,
  response: Response,
  form: ManyForm,
  mistakes: readonly FieldMistake[],
): Promise<void> {
  const { say } = mannersOf(response);
  const shown = showMistakes(response, mistakes).map(one =>
    one.field === 'listed' && one.rule !== 'fieldMissing' ? { ...one, sentence: say('many.listed.wrong') } : one,
  );
  response.render('mass-revocations', {
    ...{ form, mistakes: shown, ways: waysToChoose, reasons: revocationReasons, chosen: form.reason },
    profiles: profilesOf(parts),
    recent: await recentMass(parts),
  });
}

async function answerWrong(
  parts: PortalParts,
  request: Request,
  response: Response,
  { form, mistakes }: { readonly form: ManyForm; readonly mistakes: readonly FieldMistake[] },
): Promise<void> {
  if (wantsJson(request)) answerMistakes(response, showMistakes(response, mistakes));
  else await showForm(parts, response.status(422), form, mistakes);
}
