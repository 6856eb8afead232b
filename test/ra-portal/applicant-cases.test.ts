/** An application on its way: stepping back, coming back with a reason, and doors that stay open to its applicant. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { apply, proveMailbox, review, type Applied } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';
import { aJpeg } from './support/files.ts';
import { anApplicantsPortal, type AnApplicantsPortal } from './support/an-applicants-portal.ts';

let portal: AnApplicantsPortal;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  portal = await anApplicantsPortal();
  ({ world, officers } = portal);
});
afterAll(() => portal.end());

describe('stepping back', () => {
  it('voids what officers signed, erases the documents and writes a letter', async () => {
    const applied = await apply(world);
    await proveMailbox(world, applied);
    await officers[0].signIn();
    expect((await portal.send(applied.visitor, `/applications/${applied.caseId}/documents`, aJpeg())).status).toBe(303);
    const digest = await review(world, officers[0], applied.caseId);
    await officers[0].approve(digest);
    await applied.visitor.page(`/applications/${applied.caseId}/withdraw`).expect(200);
    await applied.visitor.json(`/applications/${applied.caseId}/withdraw`, {}).expect(200);
    await expect(officers[1].approve(digest)).rejects.toThrow();
    await world.work();
    const body: unknown = (await applied.visitor.look(`/applications/${applied.caseId}`)).body;
    expect(body).toMatchObject({ state: 'withdrawn', serialNumber: null });
    expect(await world.database('uploads').where({ owner: applied.caseId })).toEqual([]);
    await applied.visitor.json(`/applications/${applied.caseId}/withdraw`, {}).expect(409);
    expect((await world.letters()).join()).toContain('取り下げ');
  });
});

describe('a returned application', () => {
  it('shows the reason at the field, and comes back with the parts of the name', async () => {
    const applied = await apply(world);
    const path = `/applications/${applied.caseId}`;
    await officers[0].signIn();
    await officers[0].visitor.json(`/officer/cases/${applied.caseId}/return`, { reason: 'name' }).expect(200);
    await world.database('case_remarks').where({ case_id: applied.caseId }).delete();
    await world.database('case_remarks').insert({ case_id: applied.caseId, field: 'kanjiName', reason: 'name' });
    const { text } = await applied.visitor.page(`${path}/correct`).expect(200);
    expect(text).toMatch(/id="kanjiFamily-remark"/);
    expect(text).toContain('value="架空"');
    const fields = {
      profile: 'jcan-classic',
      ...typed['person'],
      ...typed['roman'],
      ...typed['organisation'],
      ...typed['contact'],
    };
    const empty = await applied.visitor.form(`${path}/correct`, { ...fields, kanjiGiven: '' }, `${path}/correct`);
    expect([empty.status, empty.text.includes('id="kanjiGiven-wrong"')]).toEqual([422, true]);
    expect((await applied.visitor.form(`${path}/correct`, fields, `${path}/correct`)).status).toBe(303);
  });
});

describe('the door of an application', () => {
  const wrongOf = ({ accessCode }: Applied) => (accessCode === '00000000' ? '11111111' : '00000000');

  it('is closed to strangers by guesses, and stays open to a known device and to the holder of the mailbox', async () => {
    const applied = await apply(world);
    const path = `/applications/${applied.caseId}`;
    const stranger = world.visitor();
    for (let turn = 0; turn < 3; turn += 1) await stranger.json(`${path}/enter`, { accessCode: wrongOf(applied) });
    await stranger.json(`${path}/enter`, { accessCode: applied.accessCode }).expect(429);
    const letters = (await world.letters()).join();
    expect(letters).toContain('誤ったアクセスコード');
    expect(letters).not.toContain(applied.accessCode);
    const events = await world
      .database('audit_outbox')
      .pluck<string[]>('event')
      .catch(() => []);
    expect(JSON.stringify(events) + letters).toMatch(/accessCodeAlarm|誤り/);
    // The device that applied is known.
    await applied.visitor.json(`${path}/enter`, { accessCode: applied.accessCode }).expect(200);
    // Elsewhere the mailed pass opens a door of its own.
    const page = await stranger.form(`${path}/enter`, { accessCode: applied.accessCode }, path);
    expect([page.status, page.text.includes('entry-pass')]).toEqual([429, true]);
    await stranger.json(`${path}/entry-pass`, {}).expect(202);
    const mailed = (await world.letters()).map(text => new RegExp(`${applied.caseId}\\?pass#(\\S+)`).exec(text)?.[1]);
    const pass = mailed.find(found => found !== undefined) ?? '';
    expect(pass.replaceAll('-', '')).toHaveLength(24);
    await stranger.json(`${path}/enter`, { accessCode: wrongOf(applied), pass }).expect(403);
    await stranger.json(`${path}/enter`, { accessCode: applied.accessCode, pass: `${pass}X` }).expect(429);
    await stranger.json(`${path}/enter`, { accessCode: applied.accessCode, pass }).expect(200);
  });

  it('says the same of an application that is not there', async () => {
    const before = await world.rows();
    await world.visitor().json('/applications/K26-0000-0000/entry-pass', {}).expect(202);
    expect(await world.rows()).toEqual(before);
  });
});
