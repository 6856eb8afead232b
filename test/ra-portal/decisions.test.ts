/** What officers decide, what the applicant learns of it, and who may not decide. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNoteKey } from '../../ca-core/audit/signed-note.ts';
import { readInclusionProof, verifyInclusionProof } from '../../ca-core/audit/inclusion-proof.ts';
import { say } from '../../ra-portal/words/words.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, licence, proveMailbox, review, staffCard, type Applied } from './support/an-application.ts';

let world: APortal;
let one: PortalOfficer;
let other: PortalOfficer;
beforeAll(async () => {
  world = await aPortal();
  [one, other] = await world.officers();
  await one.signIn();
  await other.signIn();
});
afterAll(() => world.end());

async function ready(change: Readonly<Record<string, string>> = {}): Promise<Applied> {
  const applied = await apply(world, change);
  await proveMailbox(world, applied);
  return applied;
}
const pathOf = ({ caseId }: Pick<Applied, 'caseId'>): string => `/officer/cases/${caseId}`;
const canary = 'canary-internal-note-7f3a';

describe('a return', () => {
  it('pins coded reasons to fields, and shows none of the internal notes to anybody else', async () => {
    const applied = await ready();
    await one.visitor.json(`${pathOf(applied)}/notes`, { internalNote: canary }).expect(200);
    await one.visitor.json(`${pathOf(applied)}/notes`, { internalNote: ' ' }).expect(422);
    const wrong = { reason: 'name', 'remark.kanjiName': 'nobodyKnows' };
    await one.visitor.json(`${pathOf(applied)}/return`, wrong).expect(422);
    await one.visitor.json(`${pathOf(applied)}/return`, { reason: 'nobodyKnows' }).expect(422);
    const remarks = { 'remark.kanjiName': 'notAsInDocument', 'remark.documents': 'expired', note: '住民票で確認' };
    await one.visitor.json(`${pathOf(applied)}/return`, { reason: 'name', ...remarks }).expect(200);
    const rows = await world.database('case_remarks').where('case_id', applied.caseId).select('field', 'reason');
    expect(rows).toEqual([
      { field: 'kanjiName', reason: 'notAsInDocument' },
      { field: 'documents', reason: 'expired' },
    ]);
    const said = [
      (await applied.visitor.page(`/applications/${applied.caseId}`)).text,
      (await applied.visitor.page(`/applications/${applied.caseId}/correct`)).text,
      JSON.stringify((await applied.visitor.look(`/applications/${applied.caseId}`)).body),
      ...(await world.letters()),
      JSON.stringify(await world.database('audit_outbox')),
    ];
    expect(said.filter(text => text.includes(canary))).toEqual([]);
    expect(said[0]).toContain('住民票で確認');
    expect((await other.visitor.page(pathOf(applied))).text).toContain(canary);
  });
});

describe('a document', () => {
  it('counts no more once the case has changed, whoever still has it open', async () => {
    const applied = await ready({ romanName: 'Kakuu Kiyoshi' });
    const digest = await review(world, one, applied.caseId);
    await one.approve(digest);
    await one.visitor.json(`${pathOf(applied)}/return`, { reason: 'other' }).expect(200);
    await expect(other.approve(digest)).rejects.toThrow(/documentVoided/);
    await world.work();
    expect(await world.store.certificates.ofCase(applied.caseId)).toBeUndefined();
  });

  it('is the same for whoever asks again, and a new one after a change, even to the same', async () => {
    const applied = await ready({ romanName: 'Kakuu Yutaka' });
    const digest = await review(world, one, applied.caseId);
    const again = (await one.visitor.json(`${pathOf(applied)}/document`, {}).expect(303)).body as { digest: string };
    expect(again.digest).toBe(digest);
    await one.visitor.json(`${pathOf(applied)}/register`, {}).expect(200);
    const next = (await one.visitor.json(`${pathOf(applied)}/document`, {}).expect(303)).body as { digest: string };
    expect(next.digest).not.toBe(digest);
    await expect(one.approve(digest)).rejects.toThrow(/documentVoided/);
  });

  it('is not approved by who changed the claim, at no door', async () => {
    const applied = await ready({ romanName: 'Kakuu Machigai' });
    const path = pathOf(applied);
    for (const bad of [{ field: 'mailbox', value: 'x@y.example' }, { field: 'romanName', value: '' }, {}]) {
      await one.visitor.json(`${path}/claim-edit`, bad).expect(422);
    }
    await one.visitor.json(`${path}/claim-edit`, { field: 'romanName', value: 'Kakuu Tadashii' }).expect(200);
    const digest = await review(world, one, applied.caseId);
    const found = await world.store.documents.find(digest);
    expect(found?.document).toMatchObject({ editors: [one.memberId], claim: { romanName: 'Kakuu Tadashii' } });
    await one.approve(digest);
    await other.approve(digest);
    await world.work();
    const order = await world.store.orders.ofCase(applied.caseId);
    expect(order).toMatchObject({ state: 'refused', refusal: { code: 'approverIsEditor' } });
    expect(await world.store.certificates.ofCase(applied.caseId)).toBeUndefined();
  });

  it('gives one issuance, however many sign second at once', async () => {
    const applied = await ready({ romanName: 'Kakuu Minoru' });
    const digest = await review(world, one, applied.caseId);
    await one.approve(digest);
    const signed = await Promise.allSettled(Array.from({ length: 50 }, () => other.approve(digest)));
    expect(signed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const orders = await world.database('issuance_orders').where('case_id', applied.caseId);
    expect(orders).toHaveLength(1);
    await world.work();
    expect(await world.database('certificates').where('case_id', applied.caseId)).toHaveLength(1);
  });

  it('is refused where evidence is older than the profile lets it be, to the second', async () => {
    const applied = await ready({ romanName: 'Kakuu Osamu' });
    const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
    for (const seen of [licence, staffCard]) {
      await one.visitor.json(`${pathOf(applied)}/evidence`, { ...seen, seenOn }).expect(200);
    }
    const missing = async (): Promise<string> => {
      await one.signIn();
      return JSON.stringify(((await one.visitor.look(pathOf(applied))).body as { violations: unknown }).violations);
    };
    expect(await missing()).toBe('[]');
    world.clock.pass(30 * 86_400);
    expect(await missing()).not.toContain('mailbox');
    world.clock.pass(1);
    expect(await missing()).toContain('"field":"mailbox"');
    expect(await missing()).not.toContain('"field":"identity"');
    world.clock.pass(795 * 86_400);
    expect(await missing()).toContain('"field":"identity"');
    await one.visitor.json(`${pathOf(applied)}/document`, {}).expect(409);
  });
});

describe('a certificate on hold', () => {
  it('is released by two officers, from its page to the desk; one on nobody’s hold is not', async () => {
    const applied = await ready({ romanName: 'Kakuu Tomaru', mailbox: 'tomaru@kakuu-kakuin.example' });
    const digest = await review(world, one, applied.caseId);
    for (const officer of [one, other]) await officer.approve(digest);
    await world.work();
    const { serialNumber } = (await world.store.certificates.ofCase(applied.caseId)) ?? { serialNumber: '' };
    const path = `/officer/certificates/${serialNumber}`;
    expect((await one.visitor.page(path).expect(200)).text).not.toContain(`${path}/release`);
    await one.visitor.json(`${path}/release`, {}).expect(409);
    await applied.visitor.json(`/applications/${applied.caseId}/revoke`, { reason: 'certificateHold' }).expect(202);
    await world.work();
    expect((await one.visitor.page(path).expect(200)).text).toContain(`${path}/release`);
    const led = (await one.visitor.form(`${path}/release`, {}, path)).headers['location'] ?? '';
    const release = /\/documents\/([0-9a-f]{64})$/.exec(led)?.[1] ?? '';
    expect((await world.store.documents.find(release))?.document).toMatchObject({ kind: 'release', serialNumber });
    await one.approve(release);
    await world.work();
    expect((await applied.visitor.look(`/applications/${applied.caseId}`)).body).toMatchObject({
      revocation: { reason: 'certificateHold' },
    });
    await other.approve(release);
    await world.work();
    expect((await applied.visitor.look(`/applications/${applied.caseId}`)).body).toMatchObject({ revocation: null });
  });
});

describe('an organisation that closed meanwhile', () => {
  it('is named with the one that it went over to, and gets no document', async () => {
    const applied = await ready({ romanName: 'Kakuu Owari', mailbox: 'owari@kakuu-kakuin.example' });
    const table = world.database('case_register_records');
    const row = (await table.where('case_id', applied.caseId).first()) as { records: string; fetched_at: number };
    const records = JSON.parse(row.records) as { nta: object; robins: object };
    const closed = {
      closeDate: '2026-11-01',
      closeCause: '11',
      process: '71',
      successorCorporateNumber: '3999902000004',
    };
    await world.database('case_register_records').insert({
      case_id: applied.caseId,
      records: JSON.stringify({ ...records, nta: { ...records.nta, ...closed } }),
      fetched_at: row.fetched_at,
    });
    const { text } = await one.visitor.page(pathOf(applied)).expect(200);
    expect(text).toContain(
      say('ja', 'case.nta.successor', { number: '3999902000004', name: '有限会社架空髙﨑工務店' }),
    );
    const answer = await one.visitor.json(`${pathOf(applied)}/document`, {});
    expect([answer.status, (answer.body as { missing: string[] }).missing.join()]).toEqual([
      409,
      expect.stringContaining('organisationClosed'),
    ]);
  });
});

describe('the history of a case', () => {
  it('has a line for every step, each with a proof that anybody can check', async () => {
    await one.signIn();
    await other.signIn();
    const applied = await ready({ romanName: 'Kakuu Tadashi' });
    const digest = await review(world, one, applied.caseId);
    await one.approve(digest);
    await other.approve(digest);
    await world.work();
    await world.work();
    const page = (await one.visitor.page(pathOf(applied)).expect(200)).text;
    for (const step of [
      '申請を受け付けた',
      '確認を記録した',
      '承認の文書を作った',
      '承認窓口で署名した',
      '証明書を発行した',
    ]) {
      expect(page).toContain(step);
    }
    const links = [...page.matchAll(/href="([^"]+\/events\/\d+\/proof)"/g)].map(found => found[1] ?? '');
    expect(links.length).toBeGreaterThan(6);
    const published = await world.store.audit.published();
    const key = readNoteKey(published?.key ?? '');
    for (const link of links) {
      const text = (await one.visitor.agent.get(link).expect(200)).text;
      const { event } = verifyInclusionProof(readInclusionProof(text), key);
      expect(event.at).toBeGreaterThan(0);
    }
    await one.visitor.page(`${pathOf(applied)}/events/999999/proof`).expect(404);
    const stranger = await ready({ romanName: 'Kakuu Susumu' });
    const foreign = links[0]?.replace(applied.caseId, stranger.caseId) ?? '';
    await one.visitor.page(foreign).expect(404);
  });
});
