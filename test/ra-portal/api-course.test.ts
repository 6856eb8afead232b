/** Every operation of the API, called for real with all going well: what is answered is what is described. */
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inviteStation } from '../../ca-core/console.ts';
import { generatePrivateKey, signingKeyOf } from '../../ca-core/keys/software-key.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { encodeBareRequest } from '../../issuing-station/bare-request.ts';
import { bulkOperations } from '../../ra-portal/api/bulk.ts';
import { operations } from '../../ra-portal/api/operations.ts';
import { aCard, proofOf, toBegin, type ACard } from './support/a-card.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import type { AProgram } from './support/a-program.ts';
import { person } from './support/an-application.ts';
import { aPng } from './support/files.ts';
import { anApi, form, issue, member, peoples, submitted, type AnApi } from './support/an-api.ts';

let api: AnApi;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let program: AProgram;
let officerProgram: AProgram;
beforeAll(async () => {
  api = await anApi();
  ({ world, officers, program, officerProgram } = api);
});
afterAll(() => api.end());

/** What every operation answers when all is well, in an order in which one leads to the next. */
const course: readonly (readonly [string, () => Promise<Response>])[] = [
  ['listProfiles', async () => program.get('/api/v1/profiles')],
  ['applyForMember', async () => keepCase(await program.post('/api/v1/applications', member))],
  ['getApplication', async () => program.get(`/api/v1/applications/${desksCase}`)],
  ['listApplications', async () => program.get('/api/v1/applications?limit=1&text=Kakuu')],
  ['getTimeline', async () => program.get(`/api/v1/applications/${desksCase}/timeline`)],
  ['addDocument', async () => program.file(documents, 'image/png', aPng())],
  ['listDocuments', async () => program.get(documents.split('?')[0] ?? '')],
  [
    'inviteMemberAgain',
    async () => {
      world.clock.pass(61);
      return program.post(`/api/v1/applications/${desksCase}/invitation`);
    },
  ],
  [
    'correctApplication',
    async () => {
      await officers[0].visitor.json(`/officer/cases/${desksCase}/return`, { reason: 'name' }).expect(200);
      return program.post(`/api/v1/applications/${desksCase}/correction`, { ...form, romanName: 'Kaku Taro' });
    },
  ],
  ['withdrawApplication', async () => program.post(`/api/v1/applications/${desksCase}/withdrawal`)],
  ['getQueue', async () => officerProgram.get('/api/v1/queue?tab=all')],
  ['claimNext', async () => officerProgram.post('/api/v1/queue/claim-next')],
  ['claimCase', async () => officerProgram.post(`/api/v1/cases/${issued.caseId}/claim`)],
  ['getCase', async () => officerProgram.get(`/api/v1/cases/${issued.caseId}`)],
  ['releaseCase', async () => officerProgram.post(`/api/v1/cases/${issued.caseId}/release`)],
  ['listCertificates', async () => (await certify(), program.get('/api/v1/certificates?status=good'))],
  ['getCertificate', async () => program.get(`/api/v1/certificates/${issued.serialNumber}`)],
  ['getCertificateDer', async () => program.get(`/api/v1/certificates/${issued.serialNumber}/certificate.cer`)],
  ['getCertificatePem', async () => program.get(`/api/v1/certificates/${issued.serialNumber}/certificate.pem`)],
  ['getChain', async () => program.get(`/api/v1/certificates/${issued.serialNumber}/chain.pem`)],
  ['revokeCertificate', async () => program.post(`/api/v1/certificates/${issued.serialNumber}/revocations`, onHold)],
  [
    'askForRelease',
    async () => {
      await world.work();
      return program.post(`/api/v1/certificates/${issued.serialNumber}/release-requests`);
    },
  ],
  ['beginCard', async () => officerProgram.post('/api/v1/cards', toBegin((card = await aCard())))],
  ['confirmCard', async () => officerProgram.post(`${cardPath()}/confirmation`, { keyId: card.secret.keyId })],
  [
    'bindCard',
    async () => {
      const { mailbox, kanjiName: name, corporateNumber } = person;
      return officerProgram.post(`${cardPath()}/binding`, { mailbox, name, corporateNumber });
    },
  ],
  ['getCard', async () => officerProgram.get(cardPath())],
  ['listCards', async () => officerProgram.get(`/api/v1/cards?state=bound&mailbox=${person.mailbox}`)],
  ['challengeCard', async () => officerProgram.post(`${cardPath()}/challenges`, { purpose: 'open' })],
  ['openPasses', async () => officerProgram.post(`${cardPath()}/passes`, await proofOf(world.url, card, 'open'))],
  ['endCard', async () => officerProgram.post(`${cardPath()}/end`, { act: 'lose' })],
  ['pairStation', async () => program.post('/api/v1/station-pairings', await aPairing())],
  ['listProblemTypes', async () => program.get('/api/v1/problems')],
  ['getProblemType', async () => program.get('/api/v1/problems/caseHeld')],
  ['getOpenApi', async () => program.get('/api/v1/openapi.json')],
];

let card: ACard;
const cardPath = (): string => `/api/v1/cards/${card.idm}`;

/** What a station brings; its MAC is the console's to judge. */
async function aPairing(): Promise<object> {
  const { invitationId } = await inviteStation(world.terminal, 'station-api');
  const key = signingKeyOf(await generatePrivateKey('p-256'), 'p-256');
  const certificationRequest = toHex(await encodeBareRequest(key));
  return { invitationId, certificationRequest, name: '発行端末', mailbox: 'desk@ra.example', mac: '00'.repeat(32) };
}

const onHold = { reason: 'certificateHold' };
const issued = { caseId: '', serialNumber: '' };
let desksCase = '';
let documents = '';

function keepCase(answer: Response): Response {
  desksCase = (answer.body as { caseId: string }).caseId;
  documents = `/api/v1/applications/${desksCase}/documents?document=driving-licence`;
  return answer;
}

async function certify(): Promise<void> {
  issued.serialNumber = await issue(api, issued.caseId);
}

describe('all going well', () => {
  it('answers as described: every operation', async () => {
    issued.caseId = await submitted(api);
    for (const [id, ask] of course) {
      const operation = operations.find(one => one.id === id);
      if (operation === undefined) throw new Error(`no operation ${id}`);
      const answer = await ask();
      expect(Object.keys(operation.answers), `${id} ${answer.status} ${answer.text}`).toContain(String(answer.status));
      await api.asDescribed(operation, answer);
    }
    // A pass on another card takes the subscriber's own key: cards.test.ts. Jobs take a whole day: bulk-api.test.ts.
    const elsewhere = ['rewrapPass', ...bulkOperations.map(({ id }) => id)];
    const asked = [...course.map(([id]) => id), ...elsewhere];
    expect(asked.sort()).toEqual(peoples.map(({ id }) => id).sort());
  });
});
