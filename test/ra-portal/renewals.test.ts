/** What a renewal takes over from the application before: fields, the proof of a mailbox, and what officers saw. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { postExpiryNotices } from '../../ra-portal/renewals/expiry-notices.ts';
import type { Visitor } from './support/a-visitor.ts';
import { anEnding, day, lettersTo, type AnEnding } from './support/an-ending.ts';
import { apply, approve, mailedCode, person, proveMailbox, type Applied } from './support/an-application.ts';

let ending: AnEnding;
let world: AnEnding['world'];
let parts: AnEnding['parts'];
let officers: AnEnding['officers'];
let lra: AnEnding['lra'];
let held: AnEnding['held'];
let revoked: AnEnding['revoked'];
beforeAll(async () => {
  ending = await anEnding();
  ({ world, parts, officers, lra, held, revoked } = ending);
  ending.until(30);
});
afterAll(() => world.end());

const tokenIn = (html: string): string => /name="formToken" value="([^"]+)"/.exec(html)?.[1] ?? '';

/** The code in the newest letter that opens a renewal. */
async function renewalCode(caseId: string): Promise<string> {
  const codes = (await world.letters()).map(text => new RegExp(`${caseId}/renew#(\\S+)`).exec(text)?.[1]);
  return codes.findLast(code => code) ?? '';
}

describe('a renewal', () => {
  let visitor: Visitor;
  let renewal: Applied;
  /** Renews what is held, with nothing changed. */
  let again: Applied;

  it('tells whoever has only the link nothing, and mails a code on demand, once in five minutes', async () => {
    visitor = world.visitor();
    const page = await visitor.page(`/applications/${held.caseId}/renew`).expect(200);
    const stranger = await visitor.page('/applications/K26-0000-0000/renew').expect(200);
    expect(page.text.replaceAll(held.caseId, '')).not.toMatch(/架空 太郎|kakuu-kakuin\.example/);
    expect(tokenIn(stranger.text)).not.toBe('');
    for (const path of [held.caseId, held.caseId, 'K26-0000-0000'])
      await visitor.json(`/applications/${path}/renew/letter`, {}).expect(202);
    expect(await lettersTo(world, person.mailbox, 'renew#')).toHaveLength(1);
  });

  it('refuses a wrong code, and takes the right one once', async () => {
    const code = await renewalCode(held.caseId);
    await visitor.json(`/applications/${held.caseId}/renew`, { code: 'WRNG-WRNG-WRNG-WRNG-WRNG-WRNG' }).expect(403);
    await visitor.json(`/applications/${held.caseId}/renew`, { code }).expect(201);
    await world.visitor().json(`/applications/${held.caseId}/renew`, { code }).expect(403);
  });

  it('shows every field again, filled in', async () => {
    let values = '';
    for (const step of ['person', 'roman', 'organisation', 'contact'])
      values += (await visitor.page(`/apply/${step}`).expect(200)).text;
    for (const value of ['架空', '太郎', 'カクウ', 'Kakuu', person.corporateNumber, person.mailbox])
      expect(values).toContain(`value="${value}"`);
  });

  it('is a new application whose mailbox was proved by the code, and says what it renews', async () => {
    await visitor.form('/apply/person', {
      kanjiFamily: '架空',
      kanjiGiven: '太朗',
      kanaFamily: 'カクウ',
      kanaGiven: 'タロウ',
    });
    const secret = drawPickUpSecret();
    const sent = await visitor.form('/apply', { sealTo: await pickUpPublicKey(secret) }, '/apply/check');
    expect(sent.status).toBe(201);
    const caseId = String(sent.headers['location']).replace('/applications/', '');
    renewal = { caseId, accessCode: '', secret, visitor };
    expect(await mailedCode(world, caseId)).toBe('');
    const row = (await world.database('renewals').where({ case_id: caseId }).first()) as { renews: string };
    expect(row.renews).toBe(held.caseId);
    const kept = (await world.database('applications').where({ case_id: caseId }).first()) as Record<string, number>;
    expect(kept['mailbox_proved_at']).toBeGreaterThan(world.clock.now() - day);
  });

  it('shows officers what differs; who was seen under another name, or by an LRA, was not seen', async () => {
    for (const officer of officers) await officer.signIn();
    const page = await officers[0].visitor.page(`/officer/cases/${renewal.caseId}`, 'ja').expect(200);
    expect(page.text).toMatch(/前回との違い[\s\S]*架空 太郎[\s\S]*架空 太朗/);
    expect(page.text).not.toMatch(/evidence\/former\//);
    const [seen = ''] = await world.database('case_evidence').where('case_id', held.caseId).pluck<string[]>('id');
    const path = `/officer/cases/${renewal.caseId}/evidence/former/${seen}`;
    await officers[0].visitor.json(path, {}).expect(404);
    const same = await apply(world, { submissionId: 'd'.repeat(32) });
    await proveMailbox(world, same);
    await world.database('renewals').insert({ case_id: same.caseId, renews: held.caseId, created_at: 1 });
    await world.database('case_editors').insert({ case_id: held.caseId, editor: officers[0].memberId, created_at: 1 });
    const ofAnLra = await officers[1].visitor.page(`/officer/cases/${same.caseId}`, 'ja').expect(200);
    expect(ofAnLra.text).not.toMatch(/evidence\/former\//);
    await world.database('case_editors').where({ case_id: held.caseId }).delete();
    again = same;
  });

  it('lets what was seen before count again, only as long as the policy allows', async () => {
    const page = await officers[0].visitor.page(`/officer/cases/${again.caseId}`, 'ja').expect(200);
    const ids = [...page.text.matchAll(/evidence\/former\/([0-9a-f-]{36})/g)].map(([, id]) => id ?? '');
    expect(ids).toHaveLength(2);
    const path = `/officer/cases/${again.caseId}/evidence`;
    for (const id of ids) await officers[0].visitor.json(`${path}/former/${id}`, {}).expect(200);
    await officers[0].visitor.json(`${path}/former/${ids[0] ?? ''}`, {}).expect(404);
    const [other = ''] = await world.database('case_evidence').where('case_id', revoked.caseId).pluck<string[]>('id');
    await officers[0].visitor.json(`${path}/former/${other}`, {}).expect(404);
  });

  it('is approved and issued as any other, and ends the notices for the one before', async () => {
    await approve(world, officers, renewal.caseId);
    const before = await world.store.certificates.ofCase(held.caseId);
    const after = await world.store.certificates.ofCase(renewal.caseId);
    expect(after?.notAfter).toBeGreaterThan(before?.notAfter ?? 0);
    ending.until(7);
    expect(await postExpiryNotices(parts)).toBe(0);
  });

  it('offers nothing that is too old', async () => {
    world.clock.pass(825 * day);
    for (const officer of officers) await officer.signIn();
    const late = await apply(world, { submissionId: 'e'.repeat(32) });
    await world.database('renewals').insert({ case_id: late.caseId, renews: held.caseId, created_at: 1 });
    const page = await officers[0].visitor.page(`/officer/cases/${late.caseId}`, 'en').expect(200);
    expect(page.text).toContain('Nothing counts again');
  });

  it('is begun by the organisation’s desk, too, for its own members', async () => {
    await lra.signIn();
    const page = await lra.visitor.page('/lra/ending').expect(200);
    const begun = await lra.visitor.form(`/lra/cases/${renewal.caseId}/renew`, {}, '/lra');
    expect(page.text).not.toContain('jiro@');
    expect(begun.headers['location']).toMatch(/^\/lra\/apply\/[0-9a-f]{32}\/kind$/);
    const step = await lra.visitor.page(String(begun.headers['location']).replace('kind', 'person')).expect(200);
    expect(step.text).toContain('value="太朗"');
  });
});
