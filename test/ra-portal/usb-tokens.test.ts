/** USB tokens from the shelf to a person's own and to their end: the officers' pages, and the station over its certificate. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseDocument } from '../../ca-core/approvals/documents.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { keepUsbToken } from '../../ra-portal/store/usb-tokens.ts';
import { requestOf } from '../support/a-station.ts';
import { ecKey } from '../support/certificates.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { aProgram } from './support/a-program.ts';
import { aProxy, aStationBehind, requestsOf, type AProxy, type AStationBehind } from './support/a-station-behind.ts';
import { aToken } from './support/a-token.ts';
import { apply, licence, person, proveMailbox, staffCard, type Applied } from './support/an-application.ts';

let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let proxy: AProxy;
let station: AStationBehind;
let other: AStationBehind;
let lra: APerson;
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  for (const officer of officers) await officer.signIn();
  proxy = await aProxy(world);
  station = await aStationBehind(world, { officers, proxy });
  other = await aStationBehind(world, { officers, proxy, memberId: 'station-other' });
  lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
});
afterAll(async () => {
  proxy.close();
  await world.end();
});

let drawn = 0;
async function aBlankToken(): Promise<string> {
  const serial = `token/${String(++drawn).padStart(4, '0')}?`;
  const entered = await station.post('/api/v1/tokens', { tokens: [{ serial, model: 'SoftHSM v2' }] });
  expect(entered).toMatchObject({ status: 200, body: { tokens: [{ serial, state: 'unformatted', holder: null }] } });
  return serial;
}

const at = (serial: string): string => `/tokens/${encodeURIComponent(serial)}`;
const give = ([{ visitor }]: readonly [PortalOfficer, PortalOfficer], caseId: string, serial: string) =>
  visitor.json(`/officer/cases/${caseId}/token`, { serial, algorithm: 'p-256' });

async function aCase(): Promise<Applied> {
  const applied = await apply(world);
  await proveMailbox(world, applied);
  return applied;
}

/** Both officers sign the document as it stands; it. */
async function approve(caseId: string): Promise<CaseDocument> {
  const [{ visitor }] = officers;
  const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
  const path = `/officer/cases/${caseId}`;
  for (const seen of [licence, staffCard]) await visitor.json(`${path}/evidence`, { ...seen, seenOn }).expect(200);
  const { digest } = (await visitor.json(`${path}/document`, {}).expect(303)).body as { digest: string };
  for (const officer of officers) await officer.approve(digest);
  return (await world.store.documents.find(digest))?.document as CaseDocument;
}

interface OnJob {
  readonly serial: string;
  readonly caseId: string;
  readonly jobId: string;
  readonly path: string;
  readonly document: CaseDocument;
  readonly applied: Applied;
}

/** A case that two officers approved for a token. */
async function aJob(): Promise<OnJob> {
  const serial = await aBlankToken();
  const applied = await aCase();
  await give(officers, applied.caseId, serial).expect(200);
  const document = await approve(applied.caseId);
  const token = (await station.get(`/api/v1/tokens/${encodeURIComponent(serial)}`)).body as { job: string };
  return {
    serial,
    caseId: applied.caseId,
    jobId: token.job,
    path: `/api/v1/token-jobs/${token.job}`,
    document,
    applied,
  };
}

async function handIn({ path, document }: OnJob, key = ecKey()) {
  const request = station.request(document, await requestOf(key.key));
  return { key, request, answer: await station.post(`${path}/request`, request) };
}

/** Whole, as the station makes it. */
async function anActiveToken(): Promise<OnJob & { readonly serialNumber: string }> {
  const job = await aJob();
  expect((await handIn(job)).answer.status).toBe(200);
  await world.work();
  expect((await station.post(`${job.path}/report`, { outcome: 'active' })).status).toBe(200);
  expect((await station.post(`${job.path}/letter`)).status).toBe(200);
  return { ...job, serialNumber: (await world.store.certificates.ofCase(job.caseId))?.serialNumber ?? '' };
}

interface ShownToken {
  readonly token: { readonly state: string; readonly awaits: string | null; readonly document: string | null };
  readonly events: readonly { readonly act: string; readonly state: string }[];
}
const look = async (serial: string): Promise<ShownToken> =>
  (await officers[0].visitor.look(at(serial)).expect(200)).body as ShownToken;

const act = (serial: string, body: object) => officers[0].visitor.json(`${at(serial)}/acts`, body);
const signedBy = async (serial: string, who: readonly PortalOfficer[]): Promise<void> => {
  const { document } = (await look(serial)).token;
  for (const officer of who) await officer.approve(document ?? '');
  await world.work();
};
const statusOf = async (serialNumber: string) =>
  world.store.status.of((await world.store.issuers.active())?.id ?? '', serialNumber);
const codeOf = ({ status, body }: { status: number; body: unknown }): string =>
  `${status} ${(body as { code?: string }).code ?? ''}`;

describe('a case that is given a token', () => {
  it('is approved with station, token and algorithm in its document, made at the station, and active', async () => {
    const job = await aJob();
    const { serial, caseId, path, document } = job;
    expect(document.subjectKey).toEqual({
      from: 'station',
      station: station.memberId,
      tokenSerial: serial,
      algorithm: 'p-256',
    });
    const listed = (await station.get('/api/v1/token-jobs')).body as { jobs: { job: { jobId: string } }[] };
    expect(listed.jobs.find(one => one.job.jobId === job.jobId)).toMatchObject({
      job: { jobId: job.jobId, tokenSerial: serial, label: person.romanName, ca: document.ca },
      state: 'ready',
      number: 1,
      of: 1,
      holder: { name: person.kanjiName, organisationName: person.organisationName, mailbox: person.mailbox },
    });
    expect((await station.post(`${path}/take`)).body).toMatchObject({ state: 'ready', tokenState: 'unformatted' });
    const { key, request, answer } = await handIn(job);
    expect(answer).toMatchObject({ status: 200, body: { state: 'ordered', tokenState: 'formatted' } });
    expect((await station.post(`${path}/request`, request)).status).toBe(200);
    expect((await station.get(`${path}/certificate`)).body).toEqual({ state: 'waiting', certificate: null, chain: [] });
    expect(codeOf(await station.post(`${path}/report`, { outcome: 'active' }))).toBe('409 notYetIssued');
    await world.work();
    const issued = (await station.get(`${path}/certificate`)).body as { certificate: string; chain: string[] };
    const certificate = readCertificate(Buffer.from(issued.certificate, 'base64'));
    expect(toHex(certificate.subjectPublicKeyInfo)).toBe(toHex(key.spki));
    expect(issued.chain).toHaveLength(2);
    for (let times = 0; times < 2; times++) {
      expect((await station.post(`${path}/report`, { outcome: 'active' })).body).toMatchObject({ state: 'active' });
    }
    const { token, events } = await look(serial);
    expect(token).toMatchObject({ state: 'active', caseId, awaits: null });
    expect(events.map(one => one.act)).toEqual(['activate', 'format', 'take', 'give', 'enter']);
  });

  it('cannot have a token that another case has, that is active, or that nobody entered', async () => {
    const { serial } = await aJob();
    const { serial: active } = await anActiveToken();
    const applied = await aCase();
    const refused = async (token: string) => codeOf(await give(officers, applied.caseId, token));
    expect(await refused(serial)).toBe('409 tokenTaken');
    expect(await refused(active)).toBe('409 tokenState');
    expect(await refused('nothing')).toBe('404 tokenUnknown');
    const page = await officers[0].visitor.json(
      `/officer/cases/${applied.caseId}/token`,
      { serial: active, algorithm: 'p-256' },
      'en',
    );
    expect((page.body as { title: string }).title).toBe('This cannot be done: the token is active.');
  });

  it('gets it alone where another case asks for the same token at the same instant', async () => {
    for (let round = 0; round < 5; round++) {
      const serial = await aBlankToken();
      const cases = [await aCase(), await aCase()];
      const answers = await Promise.all(cases.map(({ caseId }) => give(officers, caseId, serial)));
      expect(answers.map(codeOf).sort()).toEqual(['200 ', '409 tokenTaken']);
    }
  });

  it('may get another, or go back to where its key was to come from, until the station made it', async () => {
    const [first, second] = [await aBlankToken(), await aBlankToken()];
    const applied = await aCase();
    await give(officers, applied.caseId, first).expect(200);
    await give(officers, applied.caseId, second).expect(200);
    expect((await look(first)).token).toMatchObject({ state: 'unformatted', caseId: null });
    expect((await look(second)).token).toMatchObject({ caseId: applied.caseId });
    await officers[0].visitor.json(`/officer/cases/${applied.caseId}/token/back`, {}).expect(200);
    const document = await approve(applied.caseId);
    expect(document.subjectKey).toMatchObject({ from: 'server' });
    expect((await look(second)).token).toMatchObject({ caseId: null });
  });

  it('may be asked for by its applicant, and waits until officers give one', async () => {
    const refused = { keyAlgorithm: 'rsa-4096', delivery: 'token' };
    const mistaken = await world
      .visitor()
      .json('/apply', { ...person, ...refused, sealTo: '' })
      .expect(422);
    expect(JSON.stringify(mistaken.body)).toContain('keyNotOnTokens');
    const applied = await apply(world, { delivery: 'token', sealTo: '' });
    await proveMailbox(world, applied);
    const { violations } = (await officers[0].visitor.look(`/officer/cases/${applied.caseId}`).expect(200)).body as {
      violations: object[];
    };
    expect(violations).toContainEqual(expect.objectContaining({ rule: 'tokenAwaited' }));
    const serial = await aBlankToken();
    await give(officers, applied.caseId, serial).expect(200);
    expect((await approve(applied.caseId)).subjectKey).toMatchObject({ from: 'station', tokenSerial: serial });
  });

  it('may be asked for by an organisation’s desk; the member takes over without drawing a secret', async () => {
    const program = await aProgram(world, { kind: 'person', subject: lra.id });
    const { profile, kanjiName, kanaName, romanName, keyAlgorithm } = person;
    const form = { profile, kanjiName, kanaName, romanName, keyAlgorithm, mailbox: 'member@kakuu-kakuin.example' };
    const seen = { identityMethod: 'in-person', identitySeenOn: '2026-11-01', delivery: 'token' };
    const applied = await program.post('/api/v1/applications', { ...form, ...seen }).expect(201);
    const { caseId, handOverCode } = applied.body as { caseId: string; handOverCode: string };
    const pattern = new RegExp(`${caseId}/take-over(\\S*)#(\\S+)`);
    const link = (await world.letters()).map(text => pattern.exec(text)).find(found => found !== null);
    expect(link?.[1]).toBe('?key=token');
    const visitor = world.visitor();
    const page = await visitor.page(`/applications/${caseId}/take-over${link?.[1] ?? ''}`).expect(200);
    expect(page.text).not.toContain('id="secret"');
    await visitor.json(`/applications/${caseId}/take-over`, { code: link?.[2] ?? '', handOverCode }).expect(201);
    expect((await world.database('applications').where({ case_id: caseId }).first()) as object).toMatchObject({
      key_from: 'station',
      mailbox_proved_at: expect.any(Number) as number,
    });
  });

  it('gives it back when the application is withdrawn', async () => {
    const serial = await aBlankToken();
    const applied = await aCase();
    await give(officers, applied.caseId, serial).expect(200);
    await applied.visitor.json(`/applications/${applied.caseId}/withdraw`, {}).expect(200);
    await world.portal.look();
    expect((await look(serial)).token).toMatchObject({ state: 'unformatted', caseId: null, holder: null });
    await give(officers, (await aCase()).caseId, serial).expect(200);
  });

  it('keeps the key that its applicant brought', async () => {
    const serial = await aBlankToken();
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(await requestOf(ecKey().key)).toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    const applied = await apply(world, { delivery: 'csr', certificationRequest: pem });
    await proveMailbox(world, applied);
    expect(codeOf(await give(officers, applied.caseId, serial))).toBe('409 tokenUnwanted');
  });
});

describe('what a station brings', () => {
  it('is refused with a code and a sentence where it is another key, token, case or station', async () => {
    const [job, another] = [await aJob(), await aJob()];
    const { key, answer } = await handIn(job);
    expect(answer.status).toBe(200);
    expect(codeOf((await handIn(job)).answer)).toBe('409 tokenKeyTwice');
    const csr = await requestOf(key.key);
    const brought = async (request: object) => codeOf(await station.post(`${another.path}/request`, request));
    expect(await brought(station.request(job.document, csr))).toBe('409 tokenUnlike');
    expect(await brought(station.request(another.document, csr, { tokenSerial: 'x' }))).toBe('409 tokenUnlike');
    expect(await brought(other.request(another.document, csr))).toBe('422 csrSignatureInvalid');
    expect(await brought({ statement: 'nonsense', signature: '00' })).toBe('422 documentMalformed');
    const p384 = ecKey('P-384');
    expect(await brought(station.request(another.document, await requestOf(p384.key)))).toBe('422 keyUnacceptable');
    const spoilt = csr.slice();
    spoilt[spoilt.length - 1] = (spoilt.at(-1) ?? 0) ^ 1;
    expect(await brought(station.request(another.document, spoilt))).toBe('422 csrSignatureInvalid');
    // None of it took the one place.
    expect((await handIn(another)).answer.status).toBe(200);
  });

  it('is nobody else’s: another station, a stranger, an officer with every scope', async () => {
    const { path, document } = await aJob();
    expect(codeOf(await other.get(path))).toBe('403 stationForeign');
    const request = other.request(document, await requestOf(ecKey().key));
    expect(codeOf(await other.post(`${path}/request`, request))).toBe('403 stationForeign');
    expect(codeOf(await other.post('/api/v1/tokens', { tokens: [{ serial: 'token/0001?' }] }))).toBe('409 tokenKnown');
    expect(codeOf(await station.get('/api/v1/token-jobs/nothing'))).toBe('404 tokenJobUnknown');
    // A station that left the roll leaves its tokens to another.
    const left = 'left-behind';
    await keepUsbToken(world.database, { ...aToken(left), station: 'station-gone' });
    expect(await other.post('/api/v1/tokens', { tokens: [{ serial: left }] })).toMatchObject({
      body: { tokens: [{ serial: left, station: other.memberId }] },
    });
    const stranger = requestsOf(world, proxy, Buffer.from((await world.store.issuers.active())?.certificate ?? []));
    expect((await stranger.get('/api/v1/token-jobs')).status).toBe(403);
  });

  it('cannot begin before two officers approved, and the list shows nothing of it', async () => {
    const serial = await aBlankToken();
    const applied = await aCase();
    await give(officers, applied.caseId, serial).expect(200);
    const { job } = (await station.get(`/api/v1/tokens/${encodeURIComponent(serial)}`)).body as { job: string };
    expect(codeOf(await station.post(`/api/v1/token-jobs/${job}/take`))).toBe('409 tokenJobState');
    const { jobs } = (await station.get('/api/v1/token-jobs')).body as { jobs: { job: { jobId: string } }[] };
    expect(jobs.map(one => one.job.jobId)).not.toContain(job);
  });

  it('given up before a key was certified leaves the token blank, and the case to another token', async () => {
    const job = await aJob();
    expect((await station.post(`${job.path}/report`, { outcome: 'failed', reason: 'PIN policy' })).body).toMatchObject({
      state: 'failed',
      tokenState: 'unformatted',
    });
    expect(codeOf((await handIn(job)).answer)).toBe('409 tokenJobState');
    const next = await aBlankToken();
    await give(officers, job.caseId, next).expect(200);
    const document = await approve(job.caseId);
    expect(document).toMatchObject({ edition: 2, subjectKey: { tokenSerial: next } });
    const { job: jobId } = (await station.get(`/api/v1/tokens/${encodeURIComponent(next)}`)).body as { job: string };
    await handIn({ ...job, path: `/api/v1/token-jobs/${jobId}`, document });
    await world.work();
    expect(await world.store.certificates.ofCase(job.caseId)).toBeDefined();
  });

  it('damaged while the certificate is on its way: none is issued, or it is revoked; never both tokens', async () => {
    const job = await aJob();
    await handIn(job);
    await station.post(`${job.path}/report`, { outcome: 'damaged', reason: 'pulled' });
    expect((await look(job.serial)).token).toMatchObject({ state: 'damaged', awaits: 'revocation', document: null });
    await world.work();
    await world.portal.look();
    expect(await world.store.certificates.ofCase(job.caseId)).toBeUndefined();
    expect((await look(job.serial)).token).toMatchObject({ state: 'damaged', awaits: null });

    const late = await aJob();
    await handIn(late);
    await world.work();
    await station.post(`${late.path}/report`, { outcome: 'damaged', reason: 'did not read back' });
    const { token } = await look(late.serial);
    expect(token).toMatchObject({ state: 'damaged', awaits: 'revocation', document: expect.any(String) as string });
    await signedBy(late.serial, [officers[1]]);
    const serialNumber = (await world.store.certificates.ofCase(late.caseId))?.serialNumber ?? '';
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'superseded' });
  });
});

describe('an active token', () => {
  it('is suspended by one signature and released by two; its certificate with it', async () => {
    const { serial, serialNumber } = await anActiveToken();
    await act(serial, { act: 'suspend' }).expect(303);
    expect((await look(serial)).token).toMatchObject({ state: 'suspended', awaits: 'revocation' });
    // Written down is not revoked, and the portal alone revokes nothing.
    await world.work();
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'good' });
    expect((await look(serial)).token).toMatchObject({ state: 'suspended', awaits: 'revocation' });
    await signedBy(serial, [officers[0]]);
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'certificateHold' });
    expect((await look(serial)).token).toMatchObject({ state: 'suspended', awaits: null });
    await act(serial, { act: 'release' }).expect(303);
    await signedBy(serial, [officers[0]]);
    expect((await look(serial)).token).toMatchObject({ state: 'suspended', awaits: 'release' });
    await signedBy(serial, [officers[1]]);
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'good' });
    expect((await look(serial)).token).toMatchObject({ state: 'active', awaits: null });
  });

  it('is lost for keyCompromise, damaged and ended for what is chosen, and never active again', async () => {
    for (const [name, reason, expected] of [
      ['lose', '', 'keyCompromise'],
      ['damage', 'superseded', 'superseded'],
      ['terminate', 'cessationOfOperation', 'cessationOfOperation'],
    ] as const) {
      const { serial, serialNumber } = await anActiveToken();
      await act(serial, { act: name, reason, note: 'as told on the phone' }).expect(303);
      await signedBy(serial, [officers[1]]);
      expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: expected });
      expect((await look(serial)).token).toMatchObject({ awaits: null });
      for (const back of ['suspend', 'release', 'lose']) {
        expect(codeOf(await act(serial, { act: back })), `${name} ${back}`).toBe('409 tokenState');
      }
    }
  });

  it('gives no other reason than the table has, and is not made blank while its certificate is good', async () => {
    const { serial } = await anActiveToken();
    expect(codeOf(await act(serial, { act: 'damage', reason: 'keyCompromise' }))).toBe('422 reasonNotAllowed');
    expect(codeOf(await act(serial, { act: 'damage' }))).toBe('422 reasonNotAllowed');
    expect(codeOf(await act(serial, { act: 'activate' }))).toBe('422 fieldInvalid');
    await act(serial, { act: 'terminate', reason: 'cessationOfOperation' }).expect(303);
    expect(codeOf(await act(serial, { act: 'clear' }))).toBe('409 tokenInUse');
    await signedBy(serial, [officers[0]]);
    await act(serial, { act: 'clear' }).expect(200);
    expect((await look(serial)).token).toMatchObject({ state: 'unformatted', caseId: null, holder: null });
  });

  it('follows what happens to its certificate elsewhere', async () => {
    const { serial, applied } = await anActiveToken();
    await applied.visitor.json(`/applications/${applied.caseId}/revoke`, { reason: 'keyCompromise' }).expect(202);
    await world.work();
    await world.portal.look();
    expect((await look(serial)).token).toMatchObject({ state: 'terminated', awaits: null });
  });

  it('is handed over by one person and its letter by another, and then the case is delivered', async () => {
    const { serial, caseId } = await anActiveToken();
    const [one, two] = officers;
    const hand = (officer: PortalOfficer, what: string) => officer.visitor.json(`${at(serial)}/hand-over`, { what });
    await hand(one, 'letter').expect(200);
    expect(codeOf(await hand(one, 'token'))).toBe('409 handedBySame');
    await hand(two, 'token').expect(200);
    await hand(one, 'token').expect(200);
    expect((await look(serial)).token).toMatchObject({ letter: { by: one.memberId }, handed: { by: two.memberId } });
    expect(await world.database('applications').where({ case_id: caseId }).pluck<string[]>('state')).toEqual([
      'delivered',
    ]);
  });

  it('of the own organisation is an LRA’s to stop, not to release, and of another it is not there', async () => {
    const { serial, serialNumber } = await anActiveToken();
    const asLra = (body: object) => lra.visitor.json(`${at(serial)}/acts`, body);
    expect(codeOf(await asLra({ act: 'release' }))).toBe('403 notPermitted');
    await asLra({ act: 'suspend' }).expect(200);
    await world.work();
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'certificateHold' });
    const seen = (await lra.visitor.look(at(serial)).expect(200)).text;
    expect(seen).toContain('"act":"suspend"');
    expect(seen).not.toContain(licence.number);
    await world.database('usb_tokens').where({ serial }).update({ corporate_number: '1000000000000' });
    expect(codeOf(await lra.visitor.look(at(serial)))).toBe('404 tokenUnknown');
    const { tokens } = (await lra.visitor.look('/tokens?text=token/').expect(200)).body as {
      tokens: { serial: string }[];
    };
    expect(tokens.map(token => token.serial)).not.toContain(serial);
  });
});

it('many cases get a token each, in one lot, as far as there are tokens', async () => {
  const serials = [await aBlankToken(), await aBlankToken()];
  const cases = [await aCase(), await aCase()].map(({ caseId }) => caseId);
  const [{ visitor }] = officers;
  const wish = { station: station.memberId, algorithm: 'p-256' };
  const tooMany = Array.from({ length: 200 }, () => cases[0]);
  expect(codeOf(await visitor.json('/officer/tokens', { ...wish, case: tooMany }))).toBe('409 tokensTooFew');
  const given = (await visitor.json('/officer/tokens', { ...wish, case: cases }).expect(201)).body as {
    lot: string;
    given: { caseId: string; serial: string }[];
  };
  expect(given.given.map(one => one.caseId)).toEqual(cases);
  const jobs = await world.database('token_jobs').where({ lot: given.lot }).orderBy('number').select('number', 'size');
  expect(jobs).toEqual(serials.map((_, index) => ({ number: index + 1, size: 2 })));
});
