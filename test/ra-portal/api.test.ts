/** The API against its own document: every operation, called for real; what is answered is what is described. */
import { registerSchema, validate, type OpenApi } from '@hyperjump/json-schema/openapi-3-1';
import type { Response, Test } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inviteStation } from '../../ca-core/console.ts';
import { generatePrivateKey, signingKeyOf } from '../../ca-core/keys/software-key.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { encodeBareRequest } from '../../issuing-station/bare-request.ts';
import { bulkOperations } from '../../ra-portal/api/bulk.ts';
import { operations } from '../../ra-portal/api/operations.ts';
import type { Operation } from '../../ra-portal/api/operation.ts';
import { apiRoutes } from '../../ra-portal/pages/api-routes.ts';
import { compiled } from '../support/compiled.ts';
import { aCard, proofOf, toBegin, type ACard } from './support/a-card.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { aProgram, programWith, type AProgram } from './support/a-program.ts';
import { apply, person, proveMailbox, review } from './support/an-application.ts';
import { aPng } from './support/files.ts';
import { routesOf } from './support/routes-of.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Described>> }>>>
  >;
}
interface Described {
  readonly content?: Readonly<Record<string, object>>;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const uri = 'https://kakuin.example/openapi';
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let lra: APerson;
let program: AProgram;
let officerProgram: AProgram;
let document: Document;

beforeAll(() => void compiled('ra-portal/uploads/clean-program.ts'));
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  for (const officer of officers) await officer.signIn();
  lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  program = await aProgram(world, { kind: 'person', subject: lra.id });
  officerProgram = await aProgram(world, { kind: 'officer', subject: officers[0].memberId });
  document = (await program.get('/api/v1/openapi.json').expect(200)).body as Document;
  registerSchema(document as unknown as OpenApi, uri, 'https://spec.openapis.org/oas/3.1/schema-base');
});
afterAll(() => world.end());

const pathInDocument = ({ path }: Operation): string => path.replace(/:(\w+)/g, '{$1}');
const pointerPart = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** The status is described, and the body is what is said of it. */
async function asDescribed(operation: Operation, answer: Response): Promise<void> {
  const { method, id } = operation;
  const path = pathInDocument(operation);
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const told = `${id} ${answer.status} ${answer.text}`;
  expect(Object.keys(responses), told).toContain(String(answer.status));
  const described = Object.keys(responses[String(answer.status)]?.content ?? {});
  const [type = ''] = (answer.headers['content-type'] ?? '').split(';');
  expect(described, told).toEqual(described.length === 0 ? [] : [type]);
  if (!/json$/.test(type)) return;
  const place = ['paths', path, method.toLowerCase(), 'responses', String(answer.status), 'content', type, 'schema'];
  const body = JSON.parse(answer.text) as Json;
  const output = await validate(`${uri}#${place.map(part => `/${pointerPart(part)}`).join('')}`, body, 'BASIC');
  expect(output.valid, `${told} ${JSON.stringify(output)}`).toBe(true);
}

const anyPath = ({ path }: Operation): string =>
  path.replace(':id', 'K26-0000-0000').replace(':serial', 'ab12').replace(':code', 'fieldMissing');
const send = (by: AProgram, operation: Operation, path = anyPath(operation)): Test =>
  operation.method === 'GET'
    ? by.get(path)
    : operation.takesFile === undefined
      ? by.post(path)
      : by.file(path, operation.takesFile.find(type => type === 'image/png') ?? operation.takesFile[0] ?? '', aPng());
const ownerOf = ({ path }: Operation): AProgram => (/queue|cases/.test(path) ? officerProgram : program);
/** Stations come over the proxy's socket, with a certificate and no token: theirs are tried in usb-tokens-made.test.ts. */
const isStations = ({ method, path }: Operation): boolean =>
  apiRoutes[`${method} ${path}`]?.allowed.every(role => role === 'station') === true;
const peoples = operations.filter(operation => !isStations(operation));
const guarded = peoples.filter(({ scope }) => scope !== null);
const posts = peoples.filter(({ method }) => method === 'POST');

describe('the document', () => {
  it('is OpenAPI 3.1 by the specification’s own schema', async () => {
    expect(document.openapi).toBe('3.1.0');
    const output = await validate('https://spec.openapis.org/oas/3.1/schema-base', document as never, 'BASIC');
    expect(output).toEqual({ valid: true });
  });

  it('has every route that is served under /api, and no other; so has the table of routes', () => {
    const served = new Set(routesOf(world.portal.app).filter(route => route.includes(' /api/')));
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map(method => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.sort()).toEqual([...served].sort());
    expect(Object.keys(apiRoutes).sort()).toEqual([...served].sort());
  });

  it('says that nothing is approved here, and has no operation that would', () => {
    expect(JSON.stringify(document)).toContain('Approvals do not happen here');
    expect(operations.filter(({ path, id }) => /approv|assertion|signature/i.test(path + id))).toEqual([]);
  });
});

describe('every operation', () => {
  it('refuses, with one and the same answer, whoever brings no credentials or wrong ones', async () => {
    const expired = await aProgram(world, { kind: 'person', subject: lra.id }, { lifetime: -1 });
    const wrong = [
      programWith(world.url, 'kakuin_x'),
      programWith(world.url, `${program.token.slice(0, -1)}-`),
      expired,
    ];
    const bodies = new Set<string>();
    for (const operation of guarded) {
      const answer = await send(wrong[guarded.indexOf(operation) % 3] ?? expired, operation);
      expect(answer.status, operation.id).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="kakuin", error="invalid_token"');
      bodies.add(answer.text);
      await asDescribed(operation, answer);
    }
    expect(bodies.size).toBe(1);
  });

  it('refuses a token without its scope, and names the scope', async () => {
    for (const operation of guarded) {
      const owner = ownerOf(operation) === program ? ({ kind: 'person', subject: lra.id } as const) : null;
      const scopes =
        operation.scope === 'applications:read' ? (['certificates:read'] as const) : (['applications:read'] as const);
      const poor = await aProgram(world, owner ?? { kind: 'officer', subject: officers[0].memberId }, { scopes });
      const path = anyPath(operation).replace('K26-0000-0000', (await anyCase()).caseId);
      const answer = await send(poor, operation, path);
      expect(answer.status, operation.id).toBe(403);
      expect(answer.body).toMatchObject({ code: 'scopeMissing', scope: operation.scope });
      await asDescribed(operation, answer);
    }
  });

  it('refuses a query that it does not describe', async () => {
    for (const operation of peoples) {
      const path = anyPath(operation).replace('K26-0000-0000', (await anyCase()).caseId);
      const answer = await send(ownerOf(operation), operation, `${path}?nothing=1`);
      const { code, errors } = answer.body as { code: string; errors: readonly object[] };
      expect(code, operation.id).toBe('requestMalformed');
      expect(errors.at(-1)).toMatchObject({ parameter: 'nothing', code: 'fieldUnknown' });
      await asDescribed(operation, answer);
    }
  });

  it('refuses a POST without a key, with a strange body, of another type, or too large', async () => {
    for (const operation of posts.filter(({ takesFile }) => takesFile === undefined)) {
      const path = anyPath(operation).replace('K26-0000-0000', (await anyCase()).caseId);
      const by = ownerOf(operation);
      const refused: readonly (readonly [Test, number, string])[] = [
        [by.post(path, {}, ' '), 400, 'idempotencyKeyMissing'],
        [by.post(path, { strange: 1 }), 422, 'fieldInvalid'],
        [
          by.post(path).set('Content-Type', 'application/x-www-form-urlencoded').send('a=b'),
          415,
          'mediaTypeUnsupported',
        ],
        [by.post(path).set('Content-Encoding', 'gzip'), 415, 'mediaTypeUnsupported'],
        [by.post(path, { long: 'x'.repeat(66_000) }), 413, 'requestTooLarge'],
        [by.post(path).set('Content-Type', 'application/json').send('{"a":'), 422, 'fieldInvalid'],
      ];
      for (const [test, status, code] of refused) {
        const answer = await test;
        expect(answer.status, `${operation.id} ${code} ${answer.text}`).toBe(status);
        expect(answer.body).toMatchObject({ code });
        await asDescribed(operation, answer);
      }
    }
  });

  it('takes no cookie for credentials, from whatever origin', async () => {
    for (const operation of posts.filter(({ scope }) => scope !== null)) {
      const visitor = ownerOf(operation) === program ? lra.visitor : officers[0].visitor;
      const answer = await visitor.json(anyPath(operation), {}).set('Idempotency-Key', 'k');
      expect(answer.status, operation.id).toBe(401);
      const foreign = await ownerOf(operation).post(anyPath(operation)).set('Origin', 'https://evil.example');
      expect(foreign.status, operation.id).toBe(403);
    }
  });
});

let oneCase: Promise<{ readonly caseId: string }> | null = null;
/** An application of the organisation, made once. */
const anyCase = (): Promise<{ readonly caseId: string }> => (oneCase ??= apply(world));

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
  ['listCertificates', async () => (await issue(), program.get('/api/v1/certificates?status=good'))],
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

const form = {
  profile: 'jcan-classic',
  kanjiName: '架空 太郎',
  kanaName: 'カクウ タロウ',
  romanName: 'Kakuu Taro',
  mailbox: person.mailbox,
  keyAlgorithm: 'p-256',
};
const member = { ...form, identityMethod: 'in-person', identitySeenOn: '2026-11-20' };
const onHold = { reason: 'certificateHold' };
const issued = { caseId: '', serialNumber: '' };
let desksCase = '';
let documents = '';
let twoCases: Promise<void> | null = null;

function keepCase(answer: Response): Response {
  desksCase = (answer.body as { caseId: string }).caseId;
  documents = `/api/v1/applications/${desksCase}/documents?document=driving-licence`;
  return answer;
}

/** An applicant's own, with its mailbox proved. */
const submitted = (): Promise<void> =>
  (twoCases ??= (async () => {
    const applied = await apply(world, { mailbox: 'hanako@kakuu-kakuin.example' });
    await proveMailbox(world, applied);
    issued.caseId = applied.caseId;
  })());

async function issue(): Promise<void> {
  const digest = await review(world, officers[0], issued.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  issued.serialNumber = (await world.store.certificates.ofCase(issued.caseId))?.serialNumber ?? '';
}

describe('all going well', () => {
  it('answers as described: every operation', async () => {
    await submitted();
    for (const [id, ask] of course) {
      const operation = operations.find(one => one.id === id);
      if (operation === undefined) throw new Error(`no operation ${id}`);
      const answer = await ask();
      expect(Object.keys(operation.answers), `${id} ${answer.status} ${answer.text}`).toContain(String(answer.status));
      await asDescribed(operation, answer);
    }
    // A pass on another card takes the subscriber's own key: cards.test.ts. Jobs take a whole day: bulk-api.test.ts.
    const elsewhere = ['rewrapPass', ...bulkOperations.map(({ id }) => id)];
    const asked = [...course.map(([id]) => id), ...elsewhere];
    expect(asked.sort()).toEqual(peoples.map(({ id }) => id).sort());
  });
});

describe('what is read', () => {
  it('comes a page at a time, each line once', async () => {
    for (let copy = 0; copy < 3; copy++) await apply(world, { submissionId: `${copy}`.repeat(32) });
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const page: Response = await program.get(`/api/v1/applications?limit=2${next === '' ? '' : `&cursor=${next}`}`);
      const body = page.body as { applications: readonly { caseId: string }[]; nextCursor: string | null };
      expect(body.applications.length).toBeLessThanOrEqual(2);
      seen.push(...body.applications.map(({ caseId }) => caseId));
      next = body.nextCursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(5);
  });

  it('refuses a cursor that it did not give', async () => {
    const strange = [[-1, 'x'], ['1', 'x'], [1], [1, 'x', 2], { at: 1 }].map(place =>
      Buffer.from(JSON.stringify(place)).toString('base64url'),
    );
    for (const cursor of [...strange, 'x', '%00', 'x'.repeat(500)]) {
      const answer = await program.get(`/api/v1/applications?cursor=${cursor}`).expect(400);
      expect(answer.body).toMatchObject({ errors: [{ parameter: 'cursor' }] });
      await officerProgram.get(`/api/v1/queue?cursor=${cursor}`).expect(400);
    }
  });

  it('has a tag: unchanged is not sent again, and what was changed meanwhile is not changed blindly', async () => {
    const { caseId } = (await program.post('/api/v1/applications', member).expect(201)).body as { caseId: string };
    const one = `/api/v1/applications/${caseId}`;
    const tag = (await program.get(one).expect(200)).headers['etag'] ?? '';
    await program.get(one).set('If-None-Match', tag).expect(304);
    await officers[0].visitor.json(`/officer/cases/${caseId}/return`, { reason: 'name' }).expect(200);
    const late = await program.post(`${one}/withdrawal`).set('If-Match', tag).expect(412);
    expect(late.body).toMatchObject({ code: 'changedMeanwhile' });
    expect((await program.get(one)).body).toMatchObject({ state: 'returned', decision: { reason: 'name' } });
    const now = (await program.get(one).set('If-None-Match', tag).expect(200)).headers['etag'] ?? '';
    await program.post(`${one}/withdrawal`).set('If-Match', now).expect(200);
    const events = (await program.get(`${one}/timeline`)).body as { events: readonly { action: string; by: string }[] };
    for (const { by } of events.events) expect(['applicant', 'organisation', 'officer', 'platform']).toContain(by);
  });

  it('is the certificate itself, and its chain; another organisation finds none of it', async () => {
    const one = `/api/v1/certificates/${issued.serialNumber}`;
    const der = await program.get(`${one}/certificate.cer`).buffer(true).parse(octets);
    const kept = await world.store.certificates.ofCase(issued.caseId);
    expect(Buffer.from(kept?.certificate ?? []).equals(der.body as Buffer)).toBe(true);
    const chain = (await program.get(`${one}/chain.pem`).buffer(true).parse(octets)).body as Buffer;
    expect(chain.toString().match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    const stranger = await aPerson(world, {
      role: 'lra',
      organisation: '9999999999999',
      mailbox: 's@operator.example',
    });
    const foreign = await aProgram(world, { kind: 'person', subject: stranger.id });
    for (const path of [one, `${one}/certificate.pem`, `${one}/chain.pem`]) await foreign.get(path).expect(404);
    for (const path of [`${one}/revocations`, `${one}/release-requests`]) {
      const body = path.endsWith('revocations') ? { reason: 'keyCompromise' } : {};
      expect((await foreign.post(path, body).expect(404)).body).toMatchObject({ code: 'certificateUnknown' });
    }
    expect((await foreign.get('/api/v1/certificates')).body).toEqual({ certificates: [], nextCursor: null });
  });

  it('is refused in the language that was asked for, under one code', async () => {
    const told = async (language: string): Promise<unknown> =>
      (await program.get('/api/v1/applications/K26-0000-0000').set('Accept-Language', language).expect(404)).body;
    const type = `${world.url}/api/v1/problems/applicationUnknown`;
    expect(await told('en')).toMatchObject({ code: 'applicationUnknown', type, title: 'No such application' });
    expect(await told('ja')).toMatchObject({ code: 'applicationUnknown', type, title: '申請がない' });
    for (const language of ['ja', 'en'] as const) {
      const page = await world.visitor().page(new URL(type).pathname, language).expect(200);
      expect(page.text).toContain(language === 'ja' ? '申請がない' : 'No such application');
    }
  });
});

const octets = (answer: Response, done: (error: Error | null, body: Buffer) => void): void => {
  const chunks: Buffer[] = [];
  const stream = answer as unknown as NodeJS.ReadableStream;
  stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
};
