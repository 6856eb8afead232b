/** What an issuing station does for one token after the other: docs/decisions/0023. */
import { PkiError } from '../../ca-core/errors.ts';
import type { Refusal } from '../../ca-core/index.ts';
import { chainOf } from '../pick-up/certificate-files.ts';
import type { StandingJob } from '../store/token-jobs.ts';
import { noteLetter, reportJob } from '../tokens/report-job.ts';
import { takeJob, takeRequest } from '../tokens/take-request.ts';
import { approvedCase, jobAt, jobStateOf, refusalOf, workAt } from '../tokens/token-job.ts';
import type { Language } from '../words/language.ts';
import { isWordKey, say } from '../words/words.ts';
import { json, operation, type Answer, type Call } from './operation.ts';
import { isoTimeOrNull } from './times.ts';
import * as schemas from './token-schemas.ts';

const path = '/api/v1/token-jobs';

function show(language: Language, job: StandingJob): object {
  const { id, caseId, serial, label, algorithm, lot, number, size, tokenState, holder } = job;
  const approved = approvedCase(job) ?? { ca: '', caseDigest: '' };
  return {
    job: { jobId: id, ...approved, caseId, tokenSerial: serial, label, algorithm },
    state: jobStateOf(job),
    lot,
    number,
    of: size,
    tokenState,
    holder,
    takenAt: isoTimeOrNull(job.takenAt),
    letterMadeAt: isoTimeOrNull(job.letterMadeAt),
    refusal: showRefusal(language, refusalOf(job)),
  };
}

function showRefusal(language: Language, refusal: Refusal | null): object | null {
  if (refusal === null) return null;
  const key = `error.${refusal.code}`;
  return { code: refusal.code, detail: isWordKey(key) ? say(language, key) : refusal.code };
}

const idIn = ({ parameters }: Pick<Call<unknown, unknown>, 'parameters'>): string => parameters['job'] ?? '';
const shown = ({ language }: Pick<Call<unknown, unknown>, 'language'>, job: StandingJob): Answer =>
  json(200, show(language, job));

const common = ['tokenJobUnknown', 'stationForeign'] as const;

const reading = [
  operation({
    id: 'listTokenJobs',
    method: 'GET',
    path,
    summary: 'What there is to do at this station, by lot and number',
    scope: 'tokens:write',
    answers: { 200: schemas.tokenWork },
    refusals: [],
    run: async ({ parts, person, language }) => {
      const { jobs, counts } = await workAt(parts.database, person);
      return json(200, { jobs: jobs.map(job => show(language, job)), counts });
    },
  }),
  operation({
    id: 'getTokenJob',
    method: 'GET',
    path: `${path}/:job`,
    summary: 'One job',
    scope: 'tokens:write',
    answers: { 200: schemas.tokenJob },
    refusals: common,
    run: async call => shown(call, await jobAt(call.parts.database, call.person, idIn(call))),
  }),
  operation({
    id: 'getTokenCertificate',
    method: 'GET',
    path: `${path}/:job/certificate`,
    summary: 'The certificate for the key on the token, once it is issued',
    scope: 'tokens:write',
    answers: { 200: schemas.issued },
    refusals: [...common, 'orderRefused'],
    run: async ({ parts, person, ...call }) => {
      const job = await jobAt(parts.database, person, idIn(call));
      const refusal = refusalOf(job);
      if (refusal !== null) throw new PkiError('orderRefused', { reason: refusal.code });
      const row = job.isIssued ? await parts.ca.certificates.ofCase(job.caseId) : undefined;
      if (row === undefined)
        return json(200, { state: 'waiting', certificate: null, chain: [] }, { 'Retry-After': '1' });
      const chain = await chainOf(parts.ca, row.issuer);
      return json(200, { state: 'issued', certificate: base64(row.certificate), chain: chain.map(base64) });
    },
  }),
];

const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64');

const doing = [
  operation({
    id: 'takeTokenJob',
    method: 'POST',
    path: `${path}/:job/take`,
    summary: 'Say that the token is being made, before it is initialised',
    scope: 'tokens:write',
    body: schemas.nothingMore,
    answers: { 200: schemas.tokenJob },
    refusals: [...common, 'tokenJobState', 'tokenState'],
    run: async call => shown(call, await takeJob(call.parts, call.person, idIn(call))),
  }),
  operation({
    id: 'handInTokenRequest',
    method: 'POST',
    path: `${path}/:job/request`,
    summary: 'Hand in the PKCS#10 of the key that was made on the token',
    description: 'The first one counts, and the same statement may be sent again.',
    scope: 'tokens:write',
    body: schemas.request,
    answers: { 200: schemas.tokenJob },
    refusals: [
      ...([...common, 'tokenJobState', 'tokenState', 'tokenKeyTwice', 'tokenUnlike'] as const),
      ...(['documentMalformed', 'csrMalformed', 'csrSignatureInvalid'] as const),
      ...(['csrExtensionRefused', 'keyUnacceptable'] as const),
    ],
    run: async call => shown(call, await takeRequest(call.parts, call.person, { id: idIn(call), request: call.body })),
  }),
  operation({
    id: 'reportTokenJob',
    method: 'POST',
    path: `${path}/:job/report`,
    summary: 'Say how it ended: active, damaged, or given up',
    description:
      'damaged ends the token; a certificate that exists is revoked once an officer signs. failed leaves the token blank ' +
      'and the case to the officers, and is possible only as long as no certificate can come of it.',
    scope: 'tokens:write',
    body: schemas.report,
    answers: { 200: schemas.tokenJob },
    refusals: [...common, 'tokenJobState', 'tokenState', 'notYetIssued', 'alreadyRevoked'],
    run: async call => shown(call, await reportJob(call.parts, call.person, { id: idIn(call), ...call.body })),
  }),
  operation({
    id: 'noteTokenLetter',
    method: 'POST',
    path: `${path}/:job/letter`,
    summary: 'Say that the PIN letter was made at the station; the PIN itself stays there',
    scope: 'tokens:write',
    body: schemas.nothingMore,
    answers: { 200: schemas.tokenJob },
    refusals: [...common, 'tokenJobState'],
    run: async call => shown(call, await noteLetter(call.parts, call.person, idIn(call))),
  }),
];

export const tokenJobOperations = [...reading, ...doing];
