/** Certificates of one organisation: found, fetched, and ended. */
import { createHash } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { askForRelease } from '../applications/report-problem.ts';
import { revoke } from '../applications/revoke.ts';
import { standingOf } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import { chainOf, pemOf } from '../pick-up/certificate-files.ts';
import { findApplication } from '../store/applications.ts';
import { certificateLines, type CertificateLine } from '../store/organisation.ts';
import * as schemas from './certificate-schemas.ts';
import { pageOf, readCursor } from './cursor.ts';
import { atFields } from './field-mistakes.ts';
import { json, operation, type Answer, type Call } from './operation.ts';
import { organisationOf } from './organisation.ts';
import { isoTime } from './times.ts';

const path = '/api/v1/certificates';
type AnyCall = Pick<Call<object, object>, 'parts' | 'person' | 'parameters'>;

/** Of the asking organisation: another's is not there. Throws certificateUnknown. */
async function lineOf({ parts, person, parameters }: AnyCall): Promise<CertificateLine> {
  const question = { organisation: organisationOf(person), text: '', limit: 1, standing: null, after: null };
  const now = parts.clock.now();
  const serialNumber = parameters['serial'] ?? '';
  const [line] = await certificateLines(parts.database, { ...question, now, serialNumber });
  if (line === undefined) throw new PkiError('certificateUnknown');
  return line;
}

async function derOf({ ca }: PortalParts, { issuer, serialNumber }: CertificateLine): Promise<Uint8Array> {
  const row = await ca.certificates.find(issuer, serialNumber);
  if (row === undefined) throw new PkiError('certificateUnknown');
  return row.certificate;
}

const showLine = ({ notBefore, notAfter, standing, reason, revokedAt, ...line }: CertificateLine): object => ({
  ...line,
  notBefore: isoTime(notBefore),
  notAfter: isoTime(notAfter),
  status: standing,
  revocation: revokedAt === null ? null : { reason: reason ?? 'unspecified', at: isoTime(revokedAt) },
});

async function aboutCertificate(call: AnyCall): Promise<object> {
  const { parts } = call;
  const line = await lineOf(call);
  const application = await findApplication(parts.database, line.caseId);
  const timers = application === null ? null : (await standingOf(parts.ca, application)).timers;
  const times = timers && Object.fromEntries(Object.entries(timers).map(([name, at]) => [name, isoTime(at as number)]));
  const sha256 = createHash('sha256')
    .update(await derOf(parts, line))
    .digest('hex');
  return { ...showLine(line), sha256, revocationWaiting: times };
}

const file = (type: string, octets: Uint8Array): Answer => ({ status: 200, body: null, file: { type, octets } });
const text = (value: string): Uint8Array => Buffer.from(value, 'ascii');
const der = 'application/pkix-cert';
const pem = 'application/pem-certificate-chain';

export const certificateOperations = [
  operation({
    id: 'listCertificates',
    method: 'GET',
    path,
    summary: 'Certificates of the organisation, newest first',
    scope: 'certificates:read',
    query: schemas.certificatesQuery,
    answers: { 200: schemas.certificatePage },
    refusals: [],
    run: async ({ parts, person, query: { status: standing = null, text, limit, cursor } }) => {
      const place = readCursor(cursor);
      const after = place === null ? null : { notBefore: place[0], serialNumber: place[1] };
      const question = { organisation: organisationOf(person), text, standing, limit: limit + 1, after };
      const found = await certificateLines(parts.database, { ...question, now: parts.clock.now() });
      const { lines, nextCursor } = pageOf(found, limit, line => [line.notBefore, line.serialNumber]);
      return json(200, { certificates: lines.map(showLine), nextCursor });
    },
  }),
  operation({
    id: 'getCertificate',
    method: 'GET',
    path: `${path}/:serial`,
    summary: 'One certificate and its status',
    scope: 'certificates:read',
    answers: { 200: schemas.certificate },
    refusals: ['certificateUnknown'],
    isTagged: true,
    run: async call => json(200, await aboutCertificate(call)),
  }),
  operation({
    id: 'getCertificateDer',
    method: 'GET',
    path: `${path}/:serial/certificate.cer`,
    summary: 'The certificate itself, DER',
    scope: 'certificates:read',
    answers: { 200: { file: der } },
    refusals: ['certificateUnknown'],
    run: async call => file(der, await derOf(call.parts, await lineOf(call))),
  }),
  operation({
    id: 'getCertificatePem',
    method: 'GET',
    path: `${path}/:serial/certificate.pem`,
    summary: 'The certificate itself, PEM (RFC 7468)',
    scope: 'certificates:read',
    answers: { 200: { file: pem } },
    refusals: ['certificateUnknown'],
    run: async call => file(pem, text(pemOf(await derOf(call.parts, await lineOf(call))))),
  }),
  operation({
    id: 'getChain',
    method: 'GET',
    path: `${path}/:serial/chain.pem`,
    summary: 'The certificate, its issuing CA and the root, PEM',
    scope: 'certificates:read',
    answers: { 200: { file: pem } },
    refusals: ['certificateUnknown'],
    run: async call => {
      const line = await lineOf(call);
      const chain = [await derOf(call.parts, line), ...(await chainOf(call.parts.ca, line.issuer))];
      return file(pem, text(chain.map(pemOf).join('')));
    },
  }),
  operation({
    id: 'revokeCertificate',
    method: 'POST',
    path: `${path}/:serial/revocations`,
    summary: 'Ask for a revocation, or for a hold',
    description: 'It needs no officer. So many an hour are done at once; the excess waits for one.',
    scope: 'revocations:write',
    body: schemas.revocationWish,
    answers: { 202: schemas.revocationAsked },
    refusals: [
      'certificateUnknown',
      'alreadyRevoked',
      'orderTwice',
      'reasonNotAllowed',
      'dateInvalid',
      'changedMeanwhile',
    ],
    about: aboutCertificate,
    run: async call => {
      const { serialNumber, caseId } = await lineOf(call);
      const { reason, since = '' } = call.body;
      const mistakes = await revoke(call.parts, caseId, { reason, since, lra: call.person.id });
      if (mistakes.length > 0) throw atFields(mistakes);
      return json(202, { serialNumber, reason });
    },
  }),
  operation({
    id: 'askForRelease',
    method: 'POST',
    path: `${path}/:serial/release-requests`,
    summary: 'Ask for the release of a certificate on hold',
    description: 'Officers look at it, and two of them release. Asking changes no status.',
    scope: 'revocations:write',
    answers: { 202: schemas.releaseAsked },
    refusals: ['certificateUnknown', 'notOnHold', 'orderTwice', 'changedMeanwhile'],
    about: aboutCertificate,
    run: async call => {
      const { serialNumber, caseId } = await lineOf(call);
      return json(202, { serialNumber, receipt: await askForRelease(call.parts, caseId) });
    },
  }),
];
