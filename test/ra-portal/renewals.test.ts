/** Who is told that a certificate ends, and what a renewal takes over from the application before. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openPostOffice } from '../../ra-portal/mail/post-office.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { postExpiryDigests } from '../../ra-portal/renewals/expiry-digest.ts';
import { postExpiryNotices } from '../../ra-portal/renewals/expiry-notices.ts';
import { noteNotice } from '../../ra-portal/store/expiry-notices.ts';
import { inOneStep } from '../../ra-portal/store/database.ts';
import { postLetter } from '../../ra-portal/store/letters.ts';
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer, type Visitor } from './support/a-portal.ts';
import { apply, mailedCode, person, proveMailbox, review, type Applied } from './support/an-application.ts';
import { partsOf } from './support/parts-of.ts';

const day = 86_400;

let world: APortal;
let parts: PortalParts;
let lra: APerson;
let officers: readonly [PortalOfficer, PortalOfficer];
let held: Applied;
let revoked: Applied;
/** Renews what is held, with nothing changed. */
let again: Applied;
let notAfter: number;

beforeAll(async () => {
  world = await aPortal();
  parts = partsOf(world);
  officers = await world.officers();
  lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  held = await issued();
  revoked = await issued({ mailbox: 'jiro@kakuu-kakuin.example', kanjiName: '架空 次郎' });
  await revoked.visitor.json(`/applications/${revoked.caseId}/revoke`, { reason: 'superseded' }).expect(202);
  await world.work();
  notAfter = (await world.store.certificates.ofCase(held.caseId))?.notAfter ?? 0;
});
afterAll(() => world.end());

async function issued(change: Readonly<Record<string, string>> = {}): Promise<Applied> {
  const applied = await apply(world, change);
  await proveMailbox(world, applied);
  for (const officer of officers) await officer.signIn();
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return applied;
}

const until = (days: number): void => world.clock.pass(notAfter - days * day - world.clock.now());
const lettersTo = async (mailbox: string, about: string): Promise<readonly string[]> =>
  (await world.letters()).filter(text => text.includes(`To: ${mailbox}`) && text.includes(about));
const noticesTo = (mailbox: string): Promise<readonly string[]> => lettersTo(mailbox, '/renew');

const tokenIn = (html: string): string => /name="formToken" value="([^"]+)"/.exec(html)?.[1] ?? '';

/** The code in the newest letter that opens a renewal. */
async function renewalCode(caseId: string): Promise<string> {
  const codes = (await world.letters()).map(text => new RegExp(`${caseId}/renew#(\\S+)`).exec(text)?.[1]);
  return codes.findLast(code => code) ?? '';
}

describe('the end of a certificate', () => {
  it('is told at no other time than the policy says', async () => {
    until(61);
    expect(await postExpiryNotices(parts)).toBe(0);
  });

  it('is told once, by whichever of several portals comes first, in both languages, without a secret', async () => {
    until(60);
    const other = partsOf(world);
    const posted = await Promise.all([postExpiryNotices(parts), postExpiryNotices(other), postExpiryNotices(parts)]);
    expect(posted.reduce((sum, one) => sum + one)).toBe(1);
    const [letter = '', more] = await noticesTo(person.mailbox);
    expect(more).toBeUndefined();
    expect(letter).toMatch(/期限が来ます（あと60日）[\s\S]*60 days from now/);
    expect(letter).toContain(`${world.settings.url}/applications/${held.caseId}/renew\n`);
    expect(letter).not.toContain(held.accessCode);
    expect(letter).not.toContain('renew#');
  });

  it('is told to the organisation’s desk in one list a day, and not before its hour', async () => {
    await world.database('letters').where('mailbox', lra.mailbox).delete();
    await world.database('expiry_notices').update({ digested_at: null });
    expect(await digestsAt(8 * 3_600 + 59 * 60, 9 * 3_600)).toEqual([0, 1]);
    const [letter = '', more] = (await lettersTo(lra.mailbox, '/lra/ending')).slice(-1);
    expect([letter.includes(held.caseId), letter.includes(revoked.caseId), more]).toEqual([true, false, undefined]);
    expect(letter).not.toContain('架空 太郎');
    expect(await postExpiryDigests(parts)).toBe(0);
  });

  it('is neither lost nor told twice where a portal dies in the middle', async () => {
    until(30);
    const certificate = { serialNumber: 'ab', caseId: held.caseId, organisation: '', notBefore: 0, notAfter };
    const dying = inOneStep(world.database, async trx => {
      await noteNotice(trx, certificate, { days: 30, postedAt: 1 });
      await postLetter(trx, { mailbox: 'half@made.example', subject: '', body: '', at: 1 });
      throw new Error('killed');
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await world.database('letters').where('mailbox', 'half@made.example')).toEqual([]);
    expect([await postExpiryNotices(parts), await postExpiryNotices(parts)]).toEqual([1, 0]);
  });

  it('waits in the database while the mail server is away, and goes out once when it is back', async () => {
    const waiting = await world.database('letters').whereNull('sent_at').where('mailbox', person.mailbox);
    expect(waiting).toHaveLength(1);
    let isDown = true;
    const sent: string[] = [];
    const mailer = {
      send: ({ id }: { readonly id: string }) =>
        isDown ? Promise.reject(new Error('connection refused')) : (sent.push(id), Promise.resolve()),
    };
    const office = (): Promise<void> =>
      openPostOffice({ database: world.database, mailer, clock: world.clock, log: silentLog }).send();
    await office();
    isDown = false;
    await office();
    expect(sent).toEqual([]);
    world.clock.pass(3_600);
    await Promise.all([office(), office()]);
    expect(sent).toHaveLength(1);
  });

  it('is never told of what is revoked', async () => {
    expect(await noticesTo('jiro@kakuu-kakuin.example')).toEqual([]);
  });
});

/** How many digests were posted at these seconds of one day in Japan, one after the other. */
async function digestsAt(...times: readonly number[]): Promise<readonly number[]> {
  const japan = 9 * 3_600;
  const midnight = Math.ceil((world.clock.now() + japan) / day) * day - japan;
  const posted: number[] = [];
  for (const time of times) {
    world.clock.pass(midnight + time - world.clock.now());
    posted.push(await postExpiryDigests(parts));
  }
  return posted;
}

describe('a renewal', () => {
  let visitor: Visitor;
  let renewal: Applied;

  it('tells whoever has only the link nothing, and mails a code on demand, once in five minutes', async () => {
    visitor = world.visitor();
    const page = await visitor.page(`/applications/${held.caseId}/renew`).expect(200);
    const stranger = await visitor.page('/applications/K26-0000-0000/renew').expect(200);
    expect(page.text.replaceAll(held.caseId, '')).not.toMatch(/架空 太郎|kakuu-kakuin\.example/);
    expect(tokenIn(stranger.text)).not.toBe('');
    for (const path of [held.caseId, held.caseId, 'K26-0000-0000'])
      await visitor.json(`/applications/${path}/renew/letter`, {}).expect(202);
    expect(await lettersTo(person.mailbox, 'renew#')).toHaveLength(1);
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
    const digest = await review(world, officers[0], renewal.caseId);
    for (const officer of officers) await officer.approve(digest);
    await world.work();
    const before = await world.store.certificates.ofCase(held.caseId);
    const after = await world.store.certificates.ofCase(renewal.caseId);
    expect(after?.notAfter).toBeGreaterThan(before?.notAfter ?? 0);
    until(7);
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
