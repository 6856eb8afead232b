/** USB tokens go from the shelf into cases: asked for, given one by one or in a lot, given back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { requestOf } from '../support/a-station.ts';
import { ecKey } from '../support/certificates.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { aProgram } from './support/a-program.ts';
import type { AStationBehind } from './support/a-station-behind.ts';
import { apply, person, proveMailbox } from './support/an-application.ts';
import { aUsbShelf, codeOf, type AUsbShelf } from './support/a-usb-shelf.ts';

let shelf: AUsbShelf;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let station: AStationBehind;
let lra: APerson;
beforeAll(async () => {
  shelf = await aUsbShelf();
  ({ world, officers, station } = shelf);
  lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
});
afterAll(() => shelf.end());

describe('a case that is given a token', () => {
  it('is approved with station, token and algorithm in its document, made at the station, and active', async () => {
    const job = await shelf.aJob();
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
    const { key, request, answer } = await shelf.handIn(job);
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
    const { token, events } = await shelf.look(serial);
    expect(token).toMatchObject({ state: 'active', caseId, awaits: null });
    expect(events.map(one => one.act)).toEqual(['activate', 'format', 'take', 'give', 'enter']);
  });

  it('cannot have a token that another case has, that is active, or that nobody entered', async () => {
    const { serial } = await shelf.aJob();
    const { serial: active } = await shelf.anActiveToken();
    const applied = await shelf.aCase();
    const refused = async (token: string) => codeOf(await shelf.give(applied.caseId, token));
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
      const serial = await shelf.aBlankToken();
      const cases = [await shelf.aCase(), await shelf.aCase()];
      const answers = await Promise.all(cases.map(({ caseId }) => shelf.give(caseId, serial)));
      expect(answers.map(codeOf).sort()).toEqual(['200 ', '409 tokenTaken']);
    }
  });

  it('may get another, or go back to where its key was to come from, until the station made it', async () => {
    const [first, second] = [await shelf.aBlankToken(), await shelf.aBlankToken()];
    const applied = await shelf.aCase();
    await shelf.give(applied.caseId, first).expect(200);
    await shelf.give(applied.caseId, second).expect(200);
    expect((await shelf.look(first)).token).toMatchObject({ state: 'unformatted', caseId: null });
    expect((await shelf.look(second)).token).toMatchObject({ caseId: applied.caseId });
    await officers[0].visitor.json(`/officer/cases/${applied.caseId}/token/back`, {}).expect(200);
    const document = await shelf.approve(applied.caseId);
    expect(document.subjectKey).toMatchObject({ from: 'server' });
    expect((await shelf.look(second)).token).toMatchObject({ caseId: null });
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
    const serial = await shelf.aBlankToken();
    await shelf.give(applied.caseId, serial).expect(200);
    expect((await shelf.approve(applied.caseId)).subjectKey).toMatchObject({ from: 'station', tokenSerial: serial });
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
    const serial = await shelf.aBlankToken();
    const applied = await shelf.aCase();
    await shelf.give(applied.caseId, serial).expect(200);
    await applied.visitor.json(`/applications/${applied.caseId}/withdraw`, {}).expect(200);
    await world.portal.look();
    expect((await shelf.look(serial)).token).toMatchObject({ state: 'unformatted', caseId: null, holder: null });
    await shelf.give((await shelf.aCase()).caseId, serial).expect(200);
  });

  it('keeps the key that its applicant brought', async () => {
    const serial = await shelf.aBlankToken();
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(await requestOf(ecKey().key)).toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    const applied = await apply(world, { delivery: 'csr', certificationRequest: pem });
    await proveMailbox(world, applied);
    expect(codeOf(await shelf.give(applied.caseId, serial))).toBe('409 tokenUnwanted');
  });
});

it('many cases get a token each, in one lot, as far as there are tokens', async () => {
  const serials = [await shelf.aBlankToken(), await shelf.aBlankToken()];
  const cases = [await shelf.aCase(), await shelf.aCase()].map(({ caseId }) => caseId);
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
