/** What an organisation's desk answers for once a year, and what administrators look at every quarter. */
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { overdueReview, remindOfAccessReview } from '../../ra-portal/reviews/access-review.ts';
import { remindOfLraReports } from '../../ra-portal/reviews/lra-reminders.ts';
import { lraReport } from '../../ra-portal/reviews/lra-report.ts';
import { quarterOf, startOfYear, yearOf } from '../../ra-portal/reviews/years.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aProgram } from './support/a-program.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, person, proveMailbox, review } from './support/an-application.ts';
import { partsOf } from './support/parts-of.ts';

const day = 86_400;
const organisation = person.corporateNumber;

let world: APortal;
let parts: PortalParts;
let officers: readonly [PortalOfficer, PortalOfficer];
let lra: APerson;
let admin: APerson;
let second: APerson;
let year: number;

beforeAll(async () => {
  world = await aPortal();
  parts = partsOf(world);
  officers = await world.officers();
  lra = await aPerson(world, { role: 'lra', organisation });
  admin = await aPerson(world, { role: 'administrator', mailbox: 'admin@operator.example' });
  second = await aPerson(world, { role: 'administrator', mailbox: 'second@operator.example' });
  year = yearOf(world.clock.now());
  await issued({});
  const gone = await issued({ mailbox: 'gone@kakuu-kakuin.example', submissionId: 'c'.repeat(32) });
  await gone.visitor.json(`/applications/${gone.caseId}/revoke`, { reason: 'superseded' }).expect(202);
  await world.work();
  await apply(world, { mailbox: 'open@kakuu-kakuin.example', submissionId: 'd'.repeat(32) });
});
afterAll(() => world.end());

async function issued(change: Readonly<Record<string, string>>) {
  const applied = await apply(world, change);
  await proveMailbox(world, applied);
  for (const officer of officers) await officer.signIn();
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return applied;
}

const at = (time: number): void => world.clock.pass(time - world.clock.now());
const lettersAbout = async (link: string): Promise<readonly string[]> =>
  (await world.letters()).filter(text => text.includes(link));

describe('the yearly report of an organisation’s desk', () => {
  it('tells members, certificates by profile, how people were seen, samples and what is open', async () => {
    const { figures } = await lraReport(parts, { organisation, year });
    expect(figures.members).toMatchObject([{ mailbox: lra.mailbox, may: ['apply'] }]);
    expect(figures.certificates).toEqual([{ profile: 'jcan-classic', issued: 2, revoked: 1, expired: 0, good: 1 }]);
    expect(figures.methods).toEqual([{ method: 'in-person', by: 'officer', count: 4 }]);
    expect(figures.samples.map(({ seen }) => seen.length)).toEqual([2, 2]);
    expect(figures.open).toEqual({ applications: 1, returned: 0, notTakenOver: 0, jobs: 0, reports: 0 });
    const other = await lraReport(parts, { organisation: '1180301018771', year });
    expect([other.figures.members, other.figures.certificates, other.figures.samples]).toEqual([[], [], []]);
  });

  it('is not signed off before the year is over, nor by another desk', async () => {
    const page = await lra.visitor.page(`/lra/reports/${year}`).expect(200);
    expect(page.text).not.toContain('id="sign-off"');
    await lra.visitor.json(`/lra/reports/${year}`, { hash: '', remark: '' }).expect(403);
    await officers[0].visitor.json(`/lra/reports/${year}`, {}).expect(403);
  });

  it('is asked for when the year is over, again when it is due, and each time once', async () => {
    at(startOfYear(year + 1) + day);
    const posted = await Promise.all([remindOfLraReports(parts), remindOfLraReports(partsOf(world))]);
    expect(posted.reduce((sum, one) => sum + one)).toBe(1);
    at(startOfYear(year + 1) + 31 * day);
    expect([await remindOfLraReports(parts), await remindOfLraReports(parts)]).toEqual([1, 0]);
    const letters = await lettersAbout(`/lra/reports/${year}`);
    expect(letters).toHaveLength(2);
    for (const officer of officers) await officer.signIn();
    const list = await officers[0].visitor.page('/officer/lra-reports', 'en').expect(200);
    expect(list.text).toMatch(new RegExp(`${organisation}[\\s\\S]*Overdue`));
  });

  it('is signed off as it was shown: who, when and what stay on record, and nobody is reminded any more', async () => {
    await lra.signIn();
    const page = await lra.visitor.page(`/lra/reports/${year}`).expect(200);
    const hash = /name="hash" value="([0-9a-f]{64})"/.exec(page.text)?.[1] ?? '';
    const path = `/lra/reports/${year}`;
    await lra.visitor.json(path, { hash: '0'.repeat(64), remark: '' }).expect(412);
    const sent = await lra.visitor.form(path, { hash, remark: '=SUM(A1) 帳簿と一致' }, path);
    expect(sent.status).toBe(303);
    const { signed } = await lraReport(parts, { organisation, year });
    expect([signed?.signedBy, signed?.signedAt, signed?.hash.length]).toEqual([lra.id, world.clock.now(), 64]);
    await lra.visitor.json(path, { hash, remark: '' }).expect(412);
    at(world.clock.now() + 30 * day);
    expect(await remindOfLraReports(parts)).toBe(0);
  });

  it('comes as CSV in which no cell is a formula', async () => {
    await lra.signIn();
    const { text } = await lra.visitor.page(`/lra/reports/${year}/report.csv`).expect(200);
    const rows: readonly (readonly string[])[] = parse(text, { bom: true, relax_column_count: true });
    expect(rows.flat().filter(cell => /^[\s]*[=+\-@]/u.test(cell))).toEqual([]);
    expect(rows.find(([first]) => first === 'jcan-classic')).toEqual(['jcan-classic', '2', '1', '0', '1']);
    expect(rows.flat()).toContain("'=SUM(A1) 帳簿と一致");
  });
});

describe('the quarterly access review', () => {
  it('begins with the quarter and is asked for once', async () => {
    at(quarterOf(world.clock.now() + 100 * day).start + 3_600);
    expect(await Promise.all([remindOfAccessReview(parts), remindOfAccessReview(partsOf(world))])).toContain(2);
    expect(await remindOfAccessReview(parts)).toBe(0);
    expect(await overdueReview(parts)).not.toContain(quarterOf(world.clock.now()).id);
  });

  it('lists every role, place on the roll and token, with when it was last used', async () => {
    await aProgram(world, { kind: 'person', subject: lra.id });
    await admin.signIn();
    const { text } = await admin.visitor.page('/access-review', 'en').expect(200);
    for (const one of [lra.mailbox, second.mailbox, officers[0].mailbox, 'API token']) expect(text).toContain(one);
    expect(text).toContain('Another administrator decides on your own rights');
    await second.signIn();
  });

  it('withdraws a role by two, a token at once, and leaves one’s own right to another', async () => {
    const [token = ''] = await world.database('api_tokens').where('subject', lra.id).pluck<string[]>('id');
    await decide(admin, `person ${lra.id} lra`, 'withdraw', 303);
    await decide(admin, `token ${token}`, 'withdraw', 303);
    await decide(admin, `person ${admin.id} administrator`, 'keep', 403);
    await decide(admin, 'person nobody auditor', 'keep', 412);
    const waiting = { person_id: lra.id, change: 'withdraw', confirmed_at: null };
    expect(await world.database('role_changes').where(waiting)).toHaveLength(1);
    expect(await world.database('person_roles').where('person_id', lra.id)).toHaveLength(1);
    expect(await world.database('api_tokens').where('id', token).whereNull('ended_at')).toEqual([]);
  });

  it('is signed off when everything is decided, with a record that stays', async () => {
    await second.visitor.json('/access-review/sign', {}).expect(422);
    for (const { memberId } of officers) await decide(admin, `member ${memberId}`, 'keep', 303);
    await decide(admin, `person ${second.id} administrator`, 'keep', 303);
    await decide(second, `person ${admin.id} administrator`, 'keep', 303);
    await second.visitor.json('/access-review/sign', {}).expect(303);
    await second.visitor.json('/access-review/sign', {}).expect(412);
    const { id } = quarterOf(world.clock.now());
    const row = (await world.database('access_reviews').where({ id }).first()) as Record<string, string>;
    expect([row['signed_by'], row['hash']?.length]).toEqual([second.id, 64]);
    expect(JSON.parse(row['record'] ?? '[]')).toHaveLength(5);
    expect(await remindOfAccessReview(parts)).toBe(0);
  });

  it('is told as a fault of the portal while it is overdue', async () => {
    const next = quarterOf(world.clock.now() + 100 * day);
    at(next.start);
    await remindOfAccessReview(parts);
    at(next.start + 22 * day);
    expect(await overdueReview(parts)).toContain(`${next.id} is overdue`);
    expect(await remindOfAccessReview(parts)).toBe(2);
    await world.portal.look();
    const state = (await world.store.states.all()).find(({ service }) => service === 'ra-portal');
    expect(state?.state).toBe('red');
    expect(state?.detail).toContain(`access review ${next.id} is overdue`);
    await admin.signIn();
    const { text } = await admin.visitor.page('/access-review', 'en').expect(200);
    expect(text).toContain(`The review ${next.id} was due`);
    const { id } = quarterOf(world.clock.now() - 91 * day);
    expect(await overdueReview(parts)).not.toContain(id);
  });
});

async function decide(by: APerson, account: string, decision: string, status: number): Promise<void> {
  await by.visitor.json('/access-review', { account, decision }).expect(status);
}
