/** What a desk wrote stays its own to follow, and nobody's to approve who wrote it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkApprover } from '../../ca-core/index.ts';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { aMembersDesk, appliedFor, takeOverCode, type AMembersDesk } from './support/a-members-desk.ts';
import { aPerson } from './support/a-person.ts';
import type { Visitor } from './support/a-visitor.ts';
import { apply, person, review } from './support/an-application.ts';

let members: AMembersDesk;
let world: AMembersDesk['world'];
let desk: AMembersDesk['desk'];
let officers: AMembersDesk['officers'];
beforeAll(async () => {
  members = await aMembersDesk();
  ({ world, desk, officers } = members);
});
afterAll(() => world.end());

function namesOf(kanji: string): Readonly<Record<string, string>> {
  const [kanjiFamily = '', kanjiGiven = ''] = kanji.split(' ');
  const kana = { kanaFamily: 'カクウ', kanaGiven: 'サブロウ' };
  return { kanjiFamily, kanjiGiven, ...kana, romanFamily: 'Kakuu', romanGiven: 'Saburo' };
}

/** The member's own visitor, with the application taken over. */
async function takenOver(caseId: string, handOverCode: string, before = ''): Promise<Visitor> {
  const visitor = world.visitor();
  const sealTo = await pickUpPublicKey(drawPickUpSecret());
  const taking = { code: await takeOverCode(world, caseId, before), handOverCode, sealTo };
  await visitor.json(`/applications/${caseId}/take-over`, taking).expect(201);
  return visitor;
}

async function stateOf(caseId: string): Promise<Readonly<Record<string, string>>> {
  return (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, string>;
}

describe('an application that the desk wrote', () => {
  it('is corrected, followed and withdrawn by the desk, and taken over anew when the mailbox changes', async () => {
    const { caseId, handOverCode } = await appliedFor(members, { mailbox: 'saburo@kakuu-kakuin.example' });
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
    const { caseId, handOverCode } = await appliedFor(members, { mailbox: 'shiro@kakuu-kakuin.example' });
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
    const { caseId, handOverCode } = await appliedFor(members, { mailbox: 'goro@kakuu-kakuin.example' });
    const path = `/lra/cases/${caseId}/invite`;
    const before = await takeOverCode(world, caseId);
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
    const { caseId } = await appliedFor(members, { mailbox: 'rokuro@kakuu-kakuin.example' });
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
