/** What programs read over the API: page by page, with a tag, of their own organisation only, in their language. */
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPerson } from './support/a-person.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { aProgram, type AProgram } from './support/a-program.ts';
import { apply } from './support/an-application.ts';
import { anApi, issue, member, submitted, type AnApi } from './support/an-api.ts';

const issued = { caseId: '', serialNumber: '' };
let api: AnApi;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let program: AProgram;
let officerProgram: AProgram;
beforeAll(async () => {
  api = await anApi();
  ({ world, officers, program, officerProgram } = api);
  issued.caseId = await submitted(api);
  issued.serialNumber = await issue(api, issued.caseId);
  await apply(world);
});
afterAll(() => api.end());

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
