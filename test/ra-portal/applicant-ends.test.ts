/** What follows a certificate: picked up once, its end or a hold, the organisation’s desk, problem reports. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPerson } from './support/a-person.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { person } from './support/an-application.ts';
import { anApplicantsPortal, type AnApplicantsPortal } from './support/an-applicants-portal.ts';

let portal: AnApplicantsPortal;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  portal = await anApplicantsPortal();
  ({ world, officers } = portal);
});
afterAll(() => portal.end());

describe('the end of a certificate', () => {
  it('is not reached by looking: GET and HEAD consume nothing, and a second pick-up says when', async () => {
    const applied = await portal.issued();
    const path = `/applications/${applied.caseId}/pick-up`;
    for (let turn = 0; turn < 3; turn += 1) {
      await applied.visitor.agent.get(path).expect(200);
      await applied.visitor.agent.head(path).expect(200);
    }
    await world.visitor().json(path, {}).expect(403);
    await applied.visitor.json(path, {}).expect(200);
    const again = await applied.visitor.page(path).expect(410);
    expect(again.text).toContain('心当たりがない');
    expect(again.text).toContain('/revoke?because=notMine');
    expect((await applied.visitor.page(`/applications/${applied.caseId}/revoke?because=notMine`)).text).toMatch(
      /value="keyCompromise" checked/,
    );
    const letters = (await world.letters()).filter(text => text.includes(applied.caseId)).join();
    expect(letters).toContain('受け取られました');
    expect(letters).not.toContain(applied.secret);
    expect(letters).not.toContain(applied.accessCode);
  });

  it('may be a hold, with its timers, which only officers release; and its reasons are explained', async () => {
    const applied = await portal.issued();
    const path = `/applications/${applied.caseId}`;
    const form = await applied.visitor.page(`${path}/revoke`).expect(200);
    expect(form.text).not.toContain('privilegeWithdrawn');
    expect(form.text.match(/name="reason"/g)).toHaveLength(6);
    const future = { reason: 'certificateHold', since: '令和99年1月1日' };
    await applied.visitor.json(`${path}/revoke`, future).expect(422);
    await applied.visitor.json(`${path}/revoke`, { reason: 'certificateHold', since: '' }).expect(202);
    expect((await applied.visitor.page(path)).text).toContain('OCSPで失効と答える');
    await world.work();
    const held = await applied.visitor.page(path);
    expect(held.text).toContain('一時停止中');
    await applied.visitor.json(`${path}/release`, {}).expect(202);
    await applied.visitor.json(`${path}/release`, {}).expect(409);
    expect((await applied.visitor.page(path)).text).toContain('解除の依頼を受け付けました');
    const since = new Date(world.clock.now() * 1000).toISOString().slice(0, 10);
    await applied.visitor.json(`${path}/revoke`, { reason: 'keyCompromise', since }).expect(202);
    await world.work();
    expect((await applied.visitor.look(path)).body).toMatchObject({ revocation: { reason: 'keyCompromise' } });
    await applied.visitor.json(`${path}/release`, {}).expect(409);
  });
});

describe("an organisation's own desk", () => {
  it('sees its own cases only, and revokes their certificates on record', async () => {
    const applied = await portal.issued();
    const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
    const other = await aPerson(world, {
      role: 'lra',
      organisation: '3999902000004',
      mailbox: 'x@kakuu-takasaki.example',
    });
    expect((await lra.visitor.page('/lra').expect(200)).text).toContain(applied.caseId);
    expect((await other.visitor.page('/lra').expect(200)).text).not.toContain(applied.caseId);
    const path = `/lra/cases/${applied.caseId}`;
    await other.visitor.page(path).expect(404);
    await other.visitor.json(`${path}/revoke`, { reason: 'affiliationChanged' }).expect(404);
    await lra.visitor.page(path).expect(200);
    await lra.visitor.json(`${path}/revoke`, { reason: '' }).expect(422);
    await lra.visitor.json(`${path}/revoke`, { reason: 'privilegeWithdrawn' }).expect(422);
    await lra.visitor.json(`${path}/revoke`, { reason: 'affiliationChanged' }).expect(202);
    await world.work();
    expect((await applied.visitor.look(`/applications/${applied.caseId}`)).body).toMatchObject({
      revocation: { reason: 'affiliationChanged' },
    });
    expect((await lra.visitor.page(path)).text).toContain('所属の変更');
    await world.visitor().page('/lra').expect(303);
  });
});

describe('a problem report', () => {
  it('is taken from anybody, revokes nothing, and is closed by an officer once', async () => {
    const applied = await portal.issued();
    const row = await world.store.certificates.ofCase(applied.caseId);
    const stranger = world.visitor();
    await stranger.json('/report', { words: '' }).expect(422);
    await stranger.json('/report', { words: 'x', serialNumber: 'zz' }).expect(422);
    const serialNumber = (row?.serialNumber ?? '').toUpperCase().replace(/(..)(?=.)/g, '$1:');
    const taken = await stranger.json('/report', { words: '秘密鍵が公開されています', serialNumber }).expect(201);
    const { receipt } = taken.body as { receipt: string };
    expect((await stranger.page(`/report/${receipt}`).expect(200)).text).toContain('調査を待っています');
    await stranger.page('/report/P-0000-0000-0000-0000').expect(404);
    await world.work();
    expect((await applied.visitor.look(`/applications/${applied.caseId}`)).body).toMatchObject({ revocation: null });
    await stranger.page('/officer/reports').expect(303);
    const [officer] = officers;
    await officer.signIn();
    expect((await officer.visitor.page('/officer/reports').expect(200)).text).toContain(receipt);
    const path = `/officer/reports/${receipt}`;
    expect((await officer.visitor.page(path)).text).toContain(`/officer/certificates/${row?.serialNumber ?? ''}`);
    await officer.visitor.json(`${path}/close`, { outcome: 'nothing' }).expect(422);
    await officer.visitor.json(`${path}/close`, { outcome: 'unfounded', answer: 'ありません' }).expect(200);
    await officer.visitor.json(`${path}/close`, { outcome: 'revoked' }).expect(404);
    expect((await stranger.page(`/report/${receipt}`)).text).toContain('ありません');
  });
});
