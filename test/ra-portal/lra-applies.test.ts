/** An organisation's desk applies for its staff: what it may write, what it never learns, and that it approves nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkApprover } from '../../ca-core/index.ts';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { applyForMember, type AppliedForMember } from '../../ra-portal/lra/apply-for-member.ts';
import { takeOver } from '../../ra-portal/lra/take-over.ts';
import { formTextOf } from '../../ra-portal/applications/form-text.ts';
import { isMistakes } from '../../ra-portal/applications/read-form.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import type { Person } from '../../ra-portal/people/person.ts';
import { editorsOf } from '../../ra-portal/store/reviews.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer, type Visitor } from './support/a-portal.ts';
import { apply, person, review } from './support/an-application.ts';
import { aJpeg } from './support/files.ts';
import { lraOf, partsOf } from './support/parts-of.ts';

let world: APortal;
let parts: PortalParts;
let desk: APerson;
let lra: Person;
let officers: readonly [PortalOfficer, PortalOfficer];

beforeAll(async () => {
  world = await aPortal();
  parts = partsOf(world);
  desk = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  lra = lraOf(desk, person.corporateNumber);
  officers = await world.officers();
  await officers[0].signIn();
});
afterAll(() => world.end());

const seen = { identityMethod: 'in-person', identitySeenOn: '令和8年11月1日' };

async function applied(change: Readonly<Record<string, string>> = {}): Promise<AppliedForMember> {
  const text = formTextOf({ ...person, ...change });
  const answer = await applyForMember(parts, lra, { text, seen, language: 'ja', draftId: null });
  if (isMistakes(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

async function mistakesIn(change: Readonly<Record<string, string>>, how = seen): Promise<readonly string[]> {
  const text = formTextOf({ ...person, ...change });
  const answer = await applyForMember(parts, lra, { text, seen: how, language: 'ja', draftId: null });
  return isMistakes(answer) ? answer.map(({ rule, field }) => `${rule} ${field}`) : [];
}

/** What the LRA types, step by step. */
const steps: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kind: { profile: person.profile },
  person: { kanjiFamily: '架空', kanjiGiven: '花子', kanaFamily: 'ｶｸｳ', kanaGiven: 'はなこ' },
  roman: { romanFamily: 'Kakuu', romanGiven: 'Hanako' },
  organisation: {},
  contact: { mailbox: 'hanako@kakuu-kakuin.example', keyAlgorithm: 'p-256' },
  identity: seen,
};

const tokenIn = (html: string): string => /name="formToken" value="([^"]+)"/.exec(html)?.[1] ?? '';

function namesOf(kanji: string): Readonly<Record<string, string>> {
  const [kanjiFamily = '', kanjiGiven = ''] = kanji.split(' ');
  const kana = { kanaFamily: 'カクウ', kanaGiven: 'サブロウ' };
  return { kanjiFamily, kanjiGiven, ...kana, romanFamily: 'Kakuu', romanGiven: 'Saburo' };
}

/** The member's own visitor, with the application taken over. */
async function takenOver(caseId: string, handOverCode: string, before = ''): Promise<Visitor> {
  const visitor = world.visitor();
  const sealTo = await pickUpPublicKey(drawPickUpSecret());
  const taking = { code: await codeFor(caseId, before), handOverCode, sealTo };
  await visitor.json(`/applications/${caseId}/take-over`, taking).expect(201);
  return visitor;
}

async function stateOf(caseId: string): Promise<Readonly<Record<string, string>>> {
  return (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, string>;
}

/** The code in the letter to the member that the desk has not seen used before. */
async function codeFor(caseId: string, except = ''): Promise<string> {
  const codes = (await world.letters()).map(text => new RegExp(`${caseId}/take-over#(\\S+)`).exec(text)?.[1] ?? '');
  return codes.find(code => code !== '' && code !== except) ?? '';
}

describe('an LRA applies for a member', () => {
  it('in the name of its own organisation, whatever the form says', async () => {
    const { caseId } = await applied({ corporateNumber: '1180301018771', organisationName: 'トヨタ自動車株式会社' });
    const row = (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, string>;
    expect([row['corporate_number'], row['organisation_name']]).toEqual([
      person.corporateNumber,
      person.organisationName,
    ]);
  });

  it('only for a mailbox in a domain that the register proves to be the organisation’s', async () => {
    expect(await mistakesIn({ mailbox: 'taro@somewhere.example' })).toEqual(['registerMismatch mailbox']);
  });

  it('only with how and when identity was seen: no day to come, none too long ago, no method that has ended', async () => {
    const on = (identitySeenOn: string): typeof seen => ({ identityMethod: 'in-person', identitySeenOn });
    expect(await mistakesIn({}, { identityMethod: '', identitySeenOn: '' })).toEqual([
      'fieldMissing identityMethod',
      'fieldMissing identitySeenOn',
    ]);
    expect(await mistakesIn({}, { ...seen, identityMethod: 'domain-proof' })).toEqual(['fieldInvalid identityMethod']);
    for (const day of ['2099-01-01', '2020-01-01', 'yesterday']) {
      expect(await mistakesIn({}, on(day)), day).toEqual(['dateInvalid identitySeenOn']);
    }
  });

  it('and stands in the case as an editor, with what was seen, by whom and when', async () => {
    const { caseId } = await applied({ mailbox: 'hanako@kakuu-kakuin.example' });
    expect(await editorsOf(world.database, caseId)).toEqual([desk.mailbox]);
    const noted = (await world.database('member_applications').where({ case_id: caseId }).first()) as object;
    expect(noted).toMatchObject({ applied_by: lra.id, identity_method: 'in-person', taken_over_at: null });
  });

  it('and nobody but an LRA does so', async () => {
    const text = formTextOf(person);
    const sending = { text, seen, language: 'ja' as const, draftId: null };
    await expect(applyForMember(parts, { ...lra, organisation: null }, sending)).rejects.toThrow('notPermitted');
  });
});

describe('the member takes the application over', () => {
  it('with the mailed code and the one from the desk, and gets an access code that the desk never had', async () => {
    const { caseId, handOverCode } = await applied();
    const code = await codeFor(caseId);
    const sealTo = await pickUpPublicKey(drawPickUpSecret());
    const taking = { caseId, code, handOverCode, sealTo };
    await expect(takeOver(parts, { ...taking, code: handOverCode })).rejects.toThrow('mailboxCodeWrong');
    await expect(takeOver(parts, { ...taking, handOverCode: '00000000' })).rejects.toThrow('accessCodeWrong');
    expect(await takeOver(parts, { ...taking, sealTo: '' })).toEqual([{ rule: 'fieldMissing', field: 'sealTo' }]);
    const taken = await takeOver(parts, taking);
    expect(taken).toMatchObject({ caseId, accessCode: expect.stringMatching(/^\d{8}$/) as string });
    expect((taken as { accessCode: string }).accessCode).not.toBe(handOverCode);
    const row = (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, string>;
    expect(row['mailbox_proved_at']).not.toBeNull();
    expect(row['subject_key']).toContain(sealTo);
    await expect(takeOver(parts, taking)).rejects.toThrow('mailboxCodeWrong');
  });

  it('and before that the code from the desk opens nothing, and the plain proof of the mailbox is refused', async () => {
    const { caseId, handOverCode } = await applied();
    const visitor = world.visitor();
    await visitor.json(`/applications/${caseId}/enter`, { accessCode: handOverCode }).expect(403);
    await visitor.json(`/applications/${caseId}/mailbox`, { code: await codeFor(caseId) }).expect(403);
  });
});

/** The pages, as a browser without scripts uses them. */
describe('the pages of the desk', () => {
  it('lead from a draft through every step to the code that is handed over, and on to the case', async () => {
    const { visitor } = desk;
    const base = (await visitor.form('/lra/apply', {}, '/lra')).headers['location']?.replace(/\/kind$/, '') ?? '';
    expect(base).toMatch(/^\/lra\/apply\/[0-9a-f]{32}$/);
    for (const [step, fields] of Object.entries(steps)) {
      await visitor.page(`${base}/${step}`).expect(200);
      expect((await visitor.form(`${base}/${step}`, fields, `${base}/${step}`)).status, step).toBe(303);
    }
    expect((await visitor.page('/lra').expect(200)).text).toContain('架空 花子');
    const upload = visitor.agent.post(`${base}/documents`).set({ Origin: world.url, Accept: 'text/html' });
    const token = tokenIn((await visitor.page(`${base}/documents`).expect(200)).text);
    const sent = upload.field({ formToken: token, document: 'driving-licence' });
    await sent.attach('file', aJpeg(), 'licence.jpg').expect(303);
    const check = await visitor.page(`${base}/check`).expect(200);
    expect(check.text).toContain('対面');
    const done = await visitor.form(base, {}, `${base}/check`);
    expect(done.status).toBe(201);
    const caseId = /id="case-id">([^<]+)</.exec(done.text)?.[1] ?? '';
    expect(done.text).toMatch(/id="hand-over-code">\d{8}</);
    const page = (await visitor.page(`/lra/cases/${caseId}`).expect(200)).text;
    expect(page).toContain('まだ引き継がれていません');
    expect((await visitor.page(`/lra/cases/${caseId}/documents`).expect(200)).text).toContain('運転免許証');
    expect((await visitor.page(`${base}/kind`)).status).toBe(303);
  });

  it('keep a draft from everybody but who writes it', async () => {
    const other = await aPerson(world, {
      role: 'lra',
      organisation: person.corporateNumber,
      mailbox: 'lra2@operator.example',
    });
    const begun = await desk.visitor.form('/lra/apply', {}, '/lra');
    const path = begun.headers['location'] ?? '';
    await desk.visitor.page(path).expect(200);
    expect((await other.visitor.page(path)).headers['location']).toBe('/lra');
    await world.visitor().page(path).expect(303);
  });

  it('say at the step what is wrong with it', async () => {
    const begun = await desk.visitor.form('/lra/apply', {}, '/lra');
    const base = begun.headers['location']?.replace(/\/kind$/, '') ?? '';
    const answer = await desk.visitor.form(
      `${base}/identity`,
      { identityMethod: '', identitySeenOn: '' },
      `${base}/identity`,
    );
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('id="identityMethod-wrong"');
    expect((await desk.visitor.page(`${base}/check`)).headers['location']).toBe(`${base}/person?check`);
  });
});

describe('an application that the desk wrote', () => {
  it('is corrected, followed and withdrawn by the desk, and taken over anew when the mailbox changes', async () => {
    const { caseId, handOverCode } = await applied({ mailbox: 'saburo@kakuu-kakuin.example' });
    const member = await takenOver(caseId, handOverCode);
    await officers[0].visitor
      .json(`/officer/cases/${caseId}/return`, { reason: 'name', 'remark.kanjiName': 'notAsInDocument' })
      .expect(200);
    const path = `/lra/cases/${caseId}`;
    expect((await desk.visitor.page(path)).text).toContain('直していただきたい項目');
    const form = { ...namesOf('架空 三郎'), profile: person.profile, mailbox: 'saburo@kakuu-kakuin.example' };
    const same = await desk.visitor.form(`${path}/correct`, form, `${path}/correct`);
    expect([same.status, same.headers['location']]).toEqual([303, path]);
    await member.page(`/applications/${caseId}`).expect(200);
    expect(await stateOf(caseId)).toMatchObject({ state: 'submitted', kanji_name: '架空 三郎' });

    await officers[0].visitor.json(`/officer/cases/${caseId}/return`, { reason: 'mailbox' }).expect(200);
    const moved = await desk.visitor.form(
      `${path}/correct`,
      { ...form, mailbox: 'saburo2@kakuu-kakuin.example' },
      `${path}/correct`,
    );
    expect(moved.text).toMatch(/id="hand-over-code">\d{8}</);
    expect((await stateOf(caseId))['subject_key']).toContain('"sealTo":""');
    expect((await member.page(`/applications/${caseId}`)).text).toContain('id="accessCode"');
    expect((await member.look(`/applications/${caseId}`)).status).toBe(403);

    expect((await desk.visitor.form(`${path}/withdraw`, {}, `${path}/withdraw`)).status).toBe(303);
    expect(await stateOf(caseId)).toMatchObject({ state: 'withdrawn' });
  });

  it('cannot be approved by who wrote it: the document names the LRA, and the CA core refuses that signature', async () => {
    const { caseId, handOverCode } = await applied({ mailbox: 'shiro@kakuu-kakuin.example' });
    const before = await officers[0].visitor.json(`/officer/cases/${caseId}/document`, {});
    expect([before.status, (before.body as { code: string }).code]).toEqual([409, 'identityInsufficient']);
    await takenOver(caseId, handOverCode);
    const digest = await review(world, officers[0], caseId);
    const document = (await world.store.documents.find(digest))?.document;
    expect(document).toMatchObject({ kind: 'case', editors: [desk.mailbox] });
    if (document === undefined) return;
    const asOfficer = {
      id: 'officer-x',
      role: 'officer' as const,
      name: 'x',
      mailbox: desk.mailbox.toUpperCase(),
      credentials: [],
    };
    expect(() => checkApprover(document, asOfficer)).toThrow('approverIsEditor');
    const page = (await officers[0].visitor.page(`/officer/cases/${caseId}`).expect(200)).text;
    expect(page).toContain('組織の担当者が書いた申請');
    expect(page).toContain(desk.mailbox);
  });

  it('gets new codes while nobody has taken it over, once a minute, and none afterwards', async () => {
    const { caseId, handOverCode } = await applied({ mailbox: 'goro@kakuu-kakuin.example' });
    const path = `/lra/cases/${caseId}/invite`;
    const before = await codeFor(caseId);
    await desk.visitor.json(path, {}).expect(429);
    world.clock.pass(61);
    await desk.signIn();
    const again = await desk.visitor.form(path, {}, `/lra/cases/${caseId}`);
    const fresh = /id="hand-over-code">(\d{8})</.exec(again.text)?.[1] ?? '';
    expect(fresh).not.toBe(handOverCode);
    await takenOver(caseId, fresh, before);
    await desk.visitor.json(path, {}).expect(409);
  });

  it('is no other organisation’s, and what an applicant wrote is not the desk’s to change', async () => {
    const { caseId } = await applied({ mailbox: 'rokuro@kakuu-kakuin.example' });
    const stranger = await aPerson(world, {
      role: 'lra',
      organisation: '1180301018771',
      mailbox: 'lra3@operator.example',
    });
    const own = await apply(world, { submissionId: '9'.repeat(32) });
    for (const [verb, rest] of [
      ['look', 'correct'],
      ['look', 'documents'],
      ['json', 'withdraw'],
      ['json', 'invite'],
    ] as const) {
      const foreign =
        verb === 'look'
          ? stranger.visitor.look(`/lra/cases/${caseId}/${rest}`)
          : stranger.visitor.json(`/lra/cases/${caseId}/${rest}`, {});
      await foreign.expect(404);
      const others =
        verb === 'look'
          ? desk.visitor.look(`/lra/cases/${own.caseId}/${rest}`)
          : desk.visitor.json(`/lra/cases/${own.caseId}/${rest}`, {});
      await others.expect(409);
    }
  });
});
