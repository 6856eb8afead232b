/** Drafts of applicants: step by step, of one device, erased in time; and what helps them and what is mailed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { apply, mailedCode, person } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';
import { aJpeg, place } from './support/files.ts';
import { anApplicantsPortal, type AnApplicantsPortal } from './support/an-applicants-portal.ts';

let portal: AnApplicantsPortal;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  portal = await anApplicantsPortal();
  ({ world, officers } = portal);
});
afterAll(() => portal.end());

describe('a draft', () => {
  it('keeps each step, suggests the spelling, and shows what was typed beside what is kept', async () => {
    const visitor = await portal.answered();
    const { text } = await visitor.page('/apply/check').expect(200);
    expect(text).toContain('ｶｸｳ たろう');
    expect(text).toContain('カクウ タロウ');
    expect(text).toContain('７９９９９０１－０００００１');
    expect(text).toContain('Kaku Taro');
    expect(text).toContain('CN');
    const other = await portal.begun();
    await other.form('/apply/person', typed['person'] ?? {}, '/apply/person');
    expect((await other.page('/apply/roman')).text).toContain('value="Kaku"');
  });

  it('is of one device, says at which step something is missing, and is erased on wish and after its time', async () => {
    await world.visitor().page('/apply/check').expect(303).expect('Location', '/apply');
    const visitor = await portal.begun();
    await visitor.page('/apply/check').expect(303).expect('Location', '/apply/person?check');
    expect((await visitor.page('/apply/person?check')).text).toContain('入力してください');
    await visitor.form('/apply/draft/discard', {});
    await visitor.page('/apply/kind').expect(303);
    const late = await portal.answered();
    await portal.send(late, '/apply/documents', aJpeg());
    const before = await world.rows();
    world.clock.pass(31 * 86_400);
    await late.page('/apply/kind').expect(303);
    await world.portal.look();
    const after = await world.rows();
    expect([before['uploads'], after['uploads'], after['drafts']]).toEqual([1, 0, 0]);
  });

  it('becomes an application with its documents, and tells officers what was typed', async () => {
    const visitor = await portal.answered();
    expect((await portal.send(visitor, '/apply/documents', aJpeg())).status).toBe(303);
    const caseId = await portal.submitted(visitor);
    const row: unknown = await world.database('applications').where({ case_id: caseId }).first('typed', 'kana_name');
    expect(row).toMatchObject({ kana_name: 'カクウ タロウ' });
    expect((row as { typed: string }).typed).toContain('ｶｸｳ たろう');
    expect((row as { typed: string }).typed).toContain('"suggestedRoman":"Kaku Taro"');
    await officers[0].signIn();
    expect((await officers[0].visitor.page(`/officer/cases/${caseId}`)).text).toContain('Kaku Taro');
    const [upload] = (await world.database('uploads').where({ owner: caseId })) as { id: string; sealed: Buffer }[];
    expect(upload?.sealed.includes(Buffer.from('JFIF'))).toBe(false);
    const path = `/applications/${caseId}/documents/${upload?.id ?? ''}`;
    const shown = await visitor.agent.get(path).buffer(true).expect(200);
    expect(shown.headers).toMatchObject({ 'content-type': 'image/jpeg', 'x-content-type-options': 'nosniff' });
    expect(shown.headers['content-security-policy']).toMatch(/^default-src 'none'.*sandbox$/);
    expect((shown.body as Buffer).toString('latin1')).not.toContain(place);
    await world.visitor().look(path).expect(403);
    await visitor.page('/apply/kind').expect(303);
  });

  it('asks for a department only where the profile has one, and takes a licence with its number', async () => {
    const visitor = await portal.answered();
    const licence = { licenceKind: 'JFBA-', licenceNumber: '０１２３４５' };
    await visitor.form('/apply/organisation', { ...typed['organisation'], ...licence }, '/apply/organisation');
    expect((await visitor.page('/apply/check').expect(200)).text).toContain('JFBA-12345');
    const wrong = { ...typed['organisation'], licenceKind: 'JFBA-', licenceNumber: 'x' };
    const refused = await visitor.form('/apply/organisation', wrong, '/apply/organisation');
    expect([refused.status, refused.text.includes('8桁まで')]).toEqual([422, true]);
    await visitor.form('/apply/kind', { profile: 'organisation-person' }, '/apply/kind');
    expect((await visitor.page('/apply/organisation')).text).not.toContain('licenceNumber');
    expect((await visitor.page('/apply/check').expect(200)).text).not.toContain('JFBA');
  });
});

it('has help for every system in both languages', async () => {
  for (const system of ['windows', 'macos', 'ios', 'android', 'linux']) {
    for (const language of ['ja', 'en'] as const)
      await world.visitor().page(`/help/import/${system}`, language).expect(200);
  }
  await world.visitor().page('/help/import/beos').expect(404);
  await world.visitor().page('/favicon.ico').expect(200).expect('Content-Type', /svg/);
});

it('mails codes and no secret', async () => {
  const { caseId, secret, accessCode } = await apply(world, { mailbox: person.mailbox });
  expect(await mailedCode(world, caseId)).not.toBe('');
  const letters = (await world.letters()).join('\n');
  for (const kept of [secret, secret.replaceAll('-', ''), accessCode]) expect(letters).not.toContain(kept);
});
