/** What applicants do besides applying: drafts, documents, stepping back, doors that stay open, ends and holds. */
import type { Test } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CleanFile } from '../../ra-portal/uploads/clean-file.ts';
import { takeUpload } from '../../ra-portal/uploads/take-upload.ts';
import { compiled } from '../support/compiled.ts';
import { aPerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer, type Visitor } from './support/a-portal.ts';
import { apply, mailedCode, person, proveMailbox, review, type Applied } from './support/an-application.ts';
import { typed } from './support/answer-steps.ts';
import { aHeic, aJpeg, aPng, aSlowPdf, codedPicture, place } from './support/files.ts';
import { partsOf } from './support/parts-of.ts';

let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
beforeAll(async () => {
  compiled('ra-portal/uploads/clean-program.ts');
  world = await aPortal();
  officers = await world.officers();
});
afterAll(() => world.end());

async function begun(): Promise<Visitor> {
  const visitor = world.visitor();
  await visitor.form('/apply/draft', {});
  return visitor;
}

/** All steps, answered in order. */
async function answered(): Promise<Visitor> {
  const visitor = await begun();
  const contact = { ...typed['contact'], delivery: 'pkcs12', keyAlgorithm: 'p-256' };
  for (const [step, fields] of Object.entries({ kind: { profile: 'jcan-classic' }, ...typed, contact })) {
    const answer = await visitor.form(`/apply/${step}`, fields, `/apply/${step}`);
    expect(answer.status, step).toBe(303);
  }
  return visitor;
}

async function send(
  visitor: Visitor,
  path: string,
  file: Buffer,
  choice: { fields?: Record<string, string> } = {},
): Promise<Test> {
  const { fields = { document: 'driving-licence', validUntil: '令和10年5月1日' } } = choice;
  const formToken = /name="formToken" value="([^"]+)"/.exec((await visitor.page(path)).text)?.[1] ?? '';
  const request = visitor.agent.post(path).set({ Origin: world.url, Accept: 'text/html' });
  for (const [field, value] of Object.entries({ formToken, ...fields })) void request.field(field, value);
  return request.attach('file', file, 'photo.jpg');
}

/** Its reception number. */
async function submitted(visitor: Visitor): Promise<string> {
  const received = await visitor.form('/apply', { sealTo: 'ab'.repeat(32) }, '/apply/check');
  expect(received.status).toBe(201);
  return /id="case-id">([^<]+)</.exec(received.text)?.[1] ?? '';
}

async function issued(): Promise<Applied> {
  const applied = await apply(world);
  await proveMailbox(world, applied);
  await officers[0].signIn();
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return applied;
}

describe('a draft', () => {
  it('keeps each step, suggests the spelling, and shows what was typed beside what is kept', async () => {
    const visitor = await answered();
    const { text } = await visitor.page('/apply/check').expect(200);
    expect(text).toContain('ｶｸｳ たろう');
    expect(text).toContain('カクウ タロウ');
    expect(text).toContain('７９９９９０１－０００００１');
    expect(text).toContain('Kaku Taro');
    expect(text).toContain('CN');
    const other = await begun();
    await other.form('/apply/person', typed['person'] ?? {}, '/apply/person');
    expect((await other.page('/apply/roman')).text).toContain('value="Kaku"');
  });

  it('is of one device, says at which step something is missing, and is erased on wish and after its time', async () => {
    await world.visitor().page('/apply/check').expect(303).expect('Location', '/apply');
    const visitor = await begun();
    await visitor.page('/apply/check').expect(303).expect('Location', '/apply/person?check');
    expect((await visitor.page('/apply/person?check')).text).toContain('入力してください');
    await visitor.form('/apply/draft/discard', {});
    await visitor.page('/apply/kind').expect(303);
    const late = await answered();
    await send(late, '/apply/documents', aJpeg());
    const before = await world.rows();
    world.clock.pass(31 * 86_400);
    await late.page('/apply/kind').expect(303);
    await world.portal.look();
    const after = await world.rows();
    expect([before['uploads'], after['uploads'], after['drafts']]).toEqual([1, 0, 0]);
  });

  it('becomes an application with its documents, and tells officers what was typed', async () => {
    const visitor = await answered();
    expect((await send(visitor, '/apply/documents', aJpeg())).status).toBe(303);
    const caseId = await submitted(visitor);
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
    const visitor = await answered();
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

describe('a document', () => {
  it.each<[string, Buffer, { fields?: Record<string, string> }, string]>([
    ['of no kind that is taken', Buffer.from('<html>'), {}, 'PDF、JPEG、PNG、HEIC'],
    ['with an archive behind it', Buffer.concat([aPng(), Buffer.from('PK')]), {}, '余分な内容'],
    ['that is half a photograph', aHeic({ coded: codedPicture.subarray(0, 8) }), {}, '余分な内容'],
    [
      'for no purpose of this profile',
      aJpeg(),
      { fields: { document: 'mailbox', validUntil: '' } },
      '形式が正しくありません',
    ],
    [
      'with a day that is none',
      aJpeg(),
      { fields: { document: 'passport', validUntil: '令和8年2月30日' } },
      '日付として',
    ],
    ['that is not there', Buffer.alloc(0), {}, '入力してください'],
  ])('%s is refused with a sentence, and nothing is kept', async (_, file, choice, sentence) => {
    const visitor = await begun();
    const answer = await send(visitor, '/apply/documents', file, choice);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(sentence);
    expect((await visitor.page('/apply/documents')).text).toContain('まだありません');
  });

  it.each(['../../etc/passwd.jpg', '..\\x.jpg', '/etc/passwd'])('called %s is refused', async name => {
    const visitor = await begun();
    const head = `--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), aJpeg(), Buffer.from('\r\n--x--\r\n')]);
    const headers = { Origin: world.url, 'Content-Type': 'multipart/form-data; boundary=x' };
    const answer = await visitor.agent.post('/apply/documents').set(headers).send(body).expect(422);
    expect(answer.text).toContain('余分な内容');
  });

  it('in HEIC is shown as a JPEG, to the applicant and to the officer, who can also save what was sent', async () => {
    const visitor = await answered();
    expect((await send(visitor, '/apply/documents', aHeic())).status).toBe(303);
    const path = /\/apply\/documents\/[0-9a-f-]{36}/.exec((await visitor.page('/apply/documents')).text)?.[0] ?? '';
    const shown = await visitor.page(path).expect(200).expect('Content-Type', 'image/jpeg');
    expect((shown.body as Buffer).subarray(0, 3).toString('hex')).toBe('ffd8ff');
    const caseId = await submitted(visitor);
    await officers[0].signIn();
    const atDesk = path.replace('/apply', `/officer/cases/${caseId}`);
    const seen = await officers[0].visitor
      .page(atDesk)
      .expect(200)
      .expect('Content-Disposition', /^inline/);
    expect(seen.body).toEqual(shown.body);
    const original = await officers[0].visitor.page(`${atDesk}?original`).expect(200);
    expect(original.headers).toMatchObject({ 'content-type': 'image/heic' });
    expect(original.headers['content-disposition']).toMatch(/^attachment; filename=".*\.heic"/);
    expect((original.body as Buffer).toString('latin1')).not.toContain(place);
  });

  it('that was still being looked through when its draft was erased, or withdrawn, is not kept', async () => {
    const { caseId } = await apply(world);
    const before = (await world.rows())['uploads'];
    const parts = partsOf(world);
    const late = async (): Promise<CleanFile> => {
      await world.database('applications').where({ case_id: caseId }).update({ state: 'withdrawn' });
      return { kind: 'png', file: aPng(), shown: null };
    };
    const given = { document: 'driving-licence', validUntil: '', file: aPng(), profile: 'jcan-classic' };
    for (const owner of [caseId, 'a draft that is gone'])
      await expect(takeUpload({ ...parts, cleanUpload: late }, owner, given)).rejects.toThrow('applicationState');
    expect((await world.rows())['uploads']).toBe(before);
  });

  it('that takes long to look through keeps nobody else waiting', async () => {
    const visitor = await begun();
    let statusOfUpload = 0;
    const sending = async (): Promise<void> => {
      statusOfUpload = (await send(visitor, '/apply/documents', aSlowPdf(30_000))).status;
    };
    const upload = sending();
    let pages = 0;
    while (statusOfUpload === 0) {
      await world.visitor().page('/').expect(200);
      pages += 1;
    }
    expect(pages).toBeGreaterThan(5);
    await upload;
    expect(statusOfUpload).toBe(422);
  });

  it('is taken from nobody without the token of a page, and not from another address', async () => {
    const visitor = await begun();
    const post = () => visitor.agent.post('/apply/documents').attach('file', aJpeg(), 'a.jpg');
    await post().set('Origin', world.url).expect(403);
    await post().set('Origin', 'http://evil.example').expect(403);
  });
});

describe('stepping back', () => {
  it('voids what officers signed, erases the documents and writes a letter', async () => {
    const applied = await apply(world);
    await proveMailbox(world, applied);
    await officers[0].signIn();
    expect((await send(applied.visitor, `/applications/${applied.caseId}/documents`, aJpeg())).status).toBe(303);
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

describe('the end of a certificate', () => {
  it('is not reached by looking: GET and HEAD consume nothing, and a second pick-up says when', async () => {
    const applied = await issued();
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
    const applied = await issued();
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
    const applied = await issued();
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
    const applied = await issued();
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
