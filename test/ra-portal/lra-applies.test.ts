/** An organisation's desk applies for its staff: what it may write, what it never learns, and the pages that it does so on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { applyForMember } from '../../ra-portal/lra/apply-for-member.ts';
import { takeOver } from '../../ra-portal/lra/take-over.ts';
import { formTextOf } from '../../ra-portal/applications/form-text.ts';
import { isMistakes } from '../../ra-portal/applications/read-form.ts';
import { editorsOf } from '../../ra-portal/store/reviews.ts';
import { aMembersDesk, appliedFor, seen, takeOverCode, type AMembersDesk } from './support/a-members-desk.ts';
import { aPerson } from './support/a-person.ts';
import { person } from './support/an-application.ts';
import { aJpeg } from './support/files.ts';

let members: AMembersDesk;
let world: AMembersDesk['world'];
let parts: AMembersDesk['parts'];
let desk: AMembersDesk['desk'];
let lra: AMembersDesk['lra'];
beforeAll(async () => {
  members = await aMembersDesk();
  ({ world, parts, desk, lra } = members);
});
afterAll(() => world.end());

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

describe('an LRA applies for a member', () => {
  it('in the name of its own organisation, whatever the form says', async () => {
    const { caseId } = await appliedFor(members, {
      corporateNumber: '1180301018771',
      organisationName: 'トヨタ自動車株式会社',
    });
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
    const { caseId } = await appliedFor(members, { mailbox: 'hanako@kakuu-kakuin.example' });
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
    const { caseId, handOverCode } = await appliedFor(members);
    const code = await takeOverCode(world, caseId);
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
    const { caseId, handOverCode } = await appliedFor(members);
    const visitor = world.visitor();
    await visitor.json(`/applications/${caseId}/enter`, { accessCode: handOverCode }).expect(403);
    await visitor.json(`/applications/${caseId}/mailbox`, { code: await takeOverCode(world, caseId) }).expect(403);
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
