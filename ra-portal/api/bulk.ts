/** Bulk jobs for HR systems: the same engine as the pages, and nothing of it can attest or approve. */
import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';
import { takeFiles } from '../bulk/package.ts';
import { progressOf } from '../bulk/progress.ts';
import { jobSteps, ownJob, steerJob, type JobStep, type Steering } from '../bulk/steer-job.ts';
import { isFaultyFile, submitFile, type FileWish } from '../bulk/submit-file.ts';
import { custodiansFor } from '../bulk/submit-job.ts';
import type { PortalParts } from '../parts.ts';
import { jobsOf } from '../store/bulk-jobs.ts';
import { rowLines } from '../store/bulk-row-counts.ts';
import * as schemas from './bulk-schemas.ts';
import { json, operation, type Call, type Operation } from './operation.ts';
import { organisationOf } from './organisation.ts';
import { isoTime } from './times.ts';
import type { z } from '../../ca-core/schema.ts';

const path = '/api/v1/bulk/jobs';
type AnyCall = Pick<Call<object, object>, 'parts' | 'person' | 'parameters'>;

const steeringOf = ({ person, parameters }: Omit<AnyCall, 'parts'>): Steering => ({
  jobId: parameters['job'] ?? '',
  lra: person,
});

async function showJob(call: AnyCall): Promise<object> {
  const { parts } = call;
  const job = await ownJob(parts, steeringOf(call));
  const { counts, done, perMinute, secondsLeft } = await progressOf(parts, job);
  const attests = job.state === 'awaitingAttestation';
  return {
    ...{ job: job.id, state: job.state, round: job.round, rows: job.size, profile: job.profile },
    ...{ delivery: job.delivery, fileSha256: job.fileHash, counts, done, perMinute, secondsLeft },
    attestAt: attests ? `${parts.settings.approvalUrl}/documents/${job.attestationDigest ?? ''}` : null,
    submittedAt: isoTime(job.createdAt),
    changedAt: isoTime(job.changedAt),
  };
}

type NewJobQuery = z.output<typeof schemas.newJobQuery>;

/** Throws profileUnknown. */
function wishOf({ policies }: PortalParts, query: NewJobQuery): Omit<FileWish, 'octets' | 'language'> {
  const { encoding, delimiter, layout, identityDocument, identityMethod, identitySeenOn, compatibility } = query;
  const profile = policies.profiles.get(query.profile);
  if (profile?.bulk === undefined) throw new PkiError('profileUnknown');
  const said = { identityDocument, identityMethod, identitySeenOn };
  return {
    ...{ profile, name: query.name, delivery: query.delivery, keyAlgorithm: query.keyAlgorithm },
    custodian: query.custodian,
    compatibility: compatibility === 'true' ? 1 : 0,
    chosen: { ...(encoding === undefined ? {} : { encoding }), ...(delimiter === undefined ? {} : { delimiter }) },
    ...(layout === undefined ? {} : { layout }),
    defaults: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
  };
}

const tables = [
  ...['text/csv', 'text/tab-separated-values', 'application/octet-stream'],
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
];

const submitRefusals = [
  ...['rowsFaulty', 'fileTwice', 'tableUnreadable', 'custodianUnfit', 'approverUnknown', 'profileUnknown'],
  ...['keyUnacceptable', 'listInvalid', 'registerUnavailable'],
] as readonly PkiErrorCode[];

const titles: Readonly<Record<JobStep, string>> = {
  pause: 'Take up nothing more of a job for the time being',
  resume: 'Go on with a paused job',
  cancel: 'Cancel what is not issued yet',
  rerun: 'Run the failed rows again, with new documents and new signatures',
};

const steerOperations: readonly Operation[] = jobSteps.map(step =>
  operation({
    id: `${step}BulkJob`,
    method: 'POST',
    path: `${path}/:job/${step}`,
    summary: titles[step],
    scope: 'bulk:write',
    answers: { 200: schemas.jobNamed },
    refusals: ['jobUnknown', 'jobState', ...(step === 'rerun' ? (['registerUnavailable'] as const) : [])],
    isAtOnce: false,
    run: async call => {
      await steerJob(call.parts, steeringOf(call), step);
      return json(200, { job: call.parameters['job'] ?? '' });
    },
  }),
);

export const bulkOperations: readonly Operation[] = [
  operation({
    id: 'listCustodians',
    method: 'GET',
    path: '/api/v1/bulk/custodians',
    summary: 'Who of the organisation can keep the passwords of a job',
    scope: 'bulk:read',
    answers: { 200: schemas.custodians },
    refusals: [],
    run: async ({ parts, person }) => {
      const found = await custodiansFor(parts, person);
      return json(200, { custodians: found.map(({ personId: id, name, publicKey }) => ({ id, name, publicKey })) });
    },
  }),
  operation({
    id: 'listBulkJobs',
    method: 'GET',
    path,
    summary: 'The newest bulk jobs of the organisation',
    scope: 'bulk:read',
    answers: { 200: schemas.jobs },
    refusals: [],
    run: async ({ parts, person }) => {
      const found = await jobsOf(parts.database, organisationOf(person));
      const jobs = found.map(({ id, state, size, fileName, createdAt }) => ({
        ...{ job: id, state, rows: size, name: fileName },
        submittedAt: isoTime(createdAt),
      }));
      return json(200, { jobs });
    },
  }),
  operation({
    id: 'submitBulkJob',
    method: 'POST',
    path,
    summary: 'Submit a table of people as a job',
    description:
      'The file itself is the body. It is taken whole or not at all. The LRA then attests it at the approval desk, and ' +
      'two officers approve it there: neither can be done over this API. The same file is never taken twice.',
    scope: 'bulk:write',
    query: schemas.newJobQuery,
    takesFile: tables,
    answers: { 201: schemas.newJob },
    refusals: submitRefusals,
    isAtOnce: false,
    run: async ({ parts, person, language, query, file }) => {
      const made = await submitFile(parts, person, { ...wishOf(parts, query), language, octets: file });
      if (isFaultyFile(made)) throw new PkiError('rowsFaulty', { rows: made.faultyRows });
      return json(201, { job: made.id, rows: made.size }, { Location: `${path}/${made.id}` });
    },
  }),
  operation({
    id: 'getBulkJob',
    method: 'GET',
    path: `${path}/:job`,
    summary: 'How far a job is',
    scope: 'bulk:read',
    answers: { 200: schemas.job },
    refusals: ['jobUnknown'],
    run: async call => json(200, await showJob(call)),
  }),
  operation({
    id: 'listBulkRows',
    method: 'GET',
    path: `${path}/:job/rows`,
    summary: 'The rows of a job and where each stands',
    scope: 'bulk:read',
    query: schemas.rowsQuery,
    answers: { 200: schemas.rows },
    refusals: ['jobUnknown'],
    run: async call => {
      const { state = null, page } = call.query;
      const job = await ownJob(call.parts, steeringOf(call));
      const found = await rowLines(call.parts.database, job.id, { state, page, limit: 100 });
      const rows = found.map(({ rowNumber, state: own, code, caseId, mailbox, changedAt }) => ({
        ...{ row: rowNumber, state: own, code, caseId, mailbox },
        changedAt: isoTime(changedAt),
      }));
      return json(200, { rows });
    },
  }),
  ...steerOperations,
  operation({
    id: 'collectBulkFiles',
    method: 'POST',
    path: `${path}/:job/files`,
    summary: 'Take the PKCS#12 files of a finished job',
    description:
      'Fifty at a time. Each is protected by a password that only the custodian can open. The audit log notes it.',
    scope: 'bulk:collect',
    body: schemas.filesWanted,
    answers: { 200: schemas.files },
    refusals: ['jobUnknown', 'jobState'],
    isAtOnce: false,
    run: async call => {
      const { files, after } = await takeFiles(call.parts, steeringOf(call), call.body.after);
      const shown = files.map(({ rowNumber, pkcs12, ...file }) => ({
        ...{ row: rowNumber, ...file },
        pkcs12: Buffer.from(pkcs12).toString('base64'),
      }));
      return json(200, { files: shown, after });
    },
  }),
];
