/** The form by which an LRA makes a job of a checked file. */
import { Router, type Request, type Response } from 'express';
import { PkiError, type Violation } from '../../ca-core/errors.ts';
import { keyAlgorithms, type CertificateProfile, type KeyAlgorithm } from '../../ca-core/index.ts';
import type { BulkFault } from '../bulk/bulk-row.ts';
import { eraseFile, openCheckedFile } from '../bulk/checked-files.ts';
import { layoutNames } from '../bulk/layouts.ts';
import { delimiters, encodings } from '../bulk/reading/table.ts';
import { isFaultyFile, submitFile, type FaultyFile, type FileWish } from '../bulk/submit-file.ts';
import { custodiansFor } from '../bulk/submit-job.ts';
import type { PortalParts } from '../parts.ts';
import { fileIn } from '../uploads/read-multipart.ts';
import { methodsOn } from '../uploads/documents-for.ts';
import { isWordKey } from '../words/words.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

export const submitFields = [
  ...['profile', 'keyAlgorithm', 'compatibility', 'custodian', 'delivery'],
  ...['identityDocument', 'identityMethod', 'identitySeenOn', 'encoding', 'delimiter', 'layout'],
] as const;

export function bulkSubmitPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/lra/bulk/submit', (request, response) => showForm(parts, { request, response }, [], null));
  router.post('/lra/bulk/submit', async (request, response) => {
    const checked = await checkedIn(parts, request, response);
    const read = readWish(parts, { request, response }, checked);
    if (!('octets' in read)) {
      await refuse(parts, { request, response }, read, null);
      return;
    }
    const lra = personIn(response);
    const made = await submitFile(parts, lra, read);
    if (!isFaultyFile(made) && checked !== null) await eraseFile(parts, lra, checked.id);
    if (isFaultyFile(made)) await refuse(parts, { request, response }, [], made);
    else if (wantsJson(request)) response.status(201).json({ job: made.id, rows: made.size });
    else response.redirect(303, `/lra/bulk/jobs/${encodeURIComponent(made.id)}`);
  });
  return router;
}

/** The profiles of which jobs may be made. */
export const bulkProfiles = ({ policies }: Pick<PortalParts, 'policies'>): readonly CertificateProfile[] =>
  [...policies.profiles.values()].filter(({ bulk }) => bulk?.containers.includes('pkcs12') === true);

type OpenedFile = Awaited<ReturnType<typeof openCheckedFile>>;

/** The file of the dry run that led here. Throws documentUnknown where it has expired meanwhile. */
async function checkedIn(parts: PortalParts, request: Request, response: Response): Promise<OpenedFile | null> {
  const asked = textIn(request, 'checkedFile') || request.query['checkedFile'];
  if (typeof asked !== 'string' || asked === '') return null;
  return openCheckedFile(parts, personIn(response), asked);
}

function readWish(
  parts: PortalParts,
  { request, response }: Visit,
  checked: OpenedFile | null,
): FileWish | readonly Violation[] {
  const text = (field: string): string => textIn(request, field);
  const octets = checked?.file ?? fileIn(response.locals);
  const profile = bulkProfiles(parts).find(({ name }) => name === text('profile'));
  const keyAlgorithm = keyIn(text('keyAlgorithm'), profile);
  const delivery = (['person', 'package'] as const).find(name => name === text('delivery'));
  const mistakes: Violation[] = [];
  const missing = (field: string, isThere: boolean): void => {
    if (!isThere) mistakes.push({ rule: 'fieldMissing', field });
  };
  missing('file', octets !== null);
  missing('profile', profile !== undefined);
  missing('keyAlgorithm', keyAlgorithm !== undefined);
  missing('custodian', text('custodian') !== '');
  missing('delivery', delivery !== undefined);
  if (octets === null || profile === undefined || keyAlgorithm === undefined || delivery === undefined) return mistakes;
  if (mistakes.length > 0) return mistakes;
  const said = (['identityDocument', 'identityMethod', 'identitySeenOn'] as const).filter(name => text(name) !== '');
  return {
    profile,
    language: mannersOf(response).language,
    octets,
    name: checked?.name ?? String(response.locals['fileName'] ?? ''),
    delivery,
    keyAlgorithm,
    compatibility: text('compatibility') === '1' ? 1 : 0,
    custodian: text('custodian'),
    ...(checked === null ? readingIn(text) : readingOf(checked)),
    defaults: Object.fromEntries(said.map(name => [name, text(name)])),
  };
}

/** As the dry run read it. */
function readingOf({ reading: { chosen, layout } }: OpenedFile): Pick<FileWish, 'chosen' | 'layout'> {
  return { chosen, ...(layout === undefined ? {} : { layout }) };
}

function readingIn(text: (field: string) => string): Pick<FileWish, 'chosen' | 'layout'> {
  const encoding = encodings.find(name => name === text('encoding'));
  const delimiter = delimiters.find(name => name === text('delimiter'));
  const layout = layoutNames.find(name => name === text('layout'));
  const chosen = { ...(encoding === undefined ? {} : { encoding }), ...(delimiter === undefined ? {} : { delimiter }) };
  return { chosen, ...(layout === undefined ? {} : { layout }) };
}

const keyIn = (name: string, profile: CertificateProfile | undefined): KeyAlgorithm | undefined =>
  keyAlgorithms.find(one => one === name && profile?.keys.includes(one) === true);

interface Visit {
  readonly request: Request;
  readonly response: Response;
}

async function refuse(
  parts: PortalParts,
  { request, response }: Visit,
  mistakes: readonly Violation[],
  faulty: FaultyFile | null,
): Promise<void> {
  if (!wantsJson(request)) await showForm(parts, { request, response: response.status(422) }, mistakes, faulty);
  else if (faulty === null) answerMistakes(response, showMistakes(response, mistakes));
  else throw new PkiError('rowsFaulty', { rows: faulty.faultyRows });
}

async function showForm(
  parts: PortalParts,
  { request, response }: Visit,
  mistakes: readonly Violation[],
  faulty: FaultyFile | null,
): Promise<void> {
  const text = Object.fromEntries(
    submitFields.map(name => {
      const asked = request.query[name];
      return [name, textIn(request, name) || (typeof asked === 'string' ? asked : '')];
    }),
  );
  response.render('bulk-submit', {
    text,
    checked: await checkedIn(parts, request, response),
    faulty,
    profiles: bulkProfiles(parts),
    custodians: await custodiansFor(parts, personIn(response)),
    documents: parts.policies.identity.documents.filter(({ proves }) => proves === 'identity'),
    methods: methodsOn(parts.policies, parts.clock.now()).filter(({ recordedBy }) => recordedBy.includes('lra')),
    mistakes: showMistakes(response, mistakes),
    faultText: (fault: BulkFault) => textOf(response, fault),
  });
}

/** The dry run's sentence for a fault. */
function textOf(response: Response, { rule, values }: BulkFault): string {
  const key = `bulk.rule.${rule}`;
  return isWordKey(key) ? mannersOf(response).say(key, values) : rule;
}
