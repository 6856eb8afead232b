/** The queue: whose turn it is, how long it has, and who has it in hand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foldForSearch } from '../../ra-portal/officer/fold-search.ts';
import { addWorkingTime, workingTimeBetween } from '../../ra-portal/officer/working-time.ts';
import { policies } from '../support/demo-case.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, proveMailbox, review, type Applied } from './support/an-application.ts';

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

interface Line {
  readonly caseId: string;
  readonly left: number | null;
  readonly dueAt: number | null;
  readonly holder: string | null;
  readonly signatures: number;
}
interface Answer {
  readonly counts: Readonly<Record<string, number>>;
  readonly lines: readonly Line[];
  readonly pages: number;
}

async function queue({ visitor }: PortalOfficer, tab: string, text = ''): Promise<Answer> {
  const path = `/officer?tab=${tab}&text=${encodeURIComponent(text)}`;
  return (await visitor.look(path).expect(200)).body as Answer;
}
const idsIn = ({ lines }: Answer): string[] => lines.map(({ caseId }) => caseId);
const at = (text: string): number => Date.parse(`${text}+09:00`) / 1000;

async function ready(change: Readonly<Record<string, string>> = {}): Promise<Applied> {
  const applied = await apply(world, change);
  await proveMailbox(world, applied);
  return applied;
}

describe('working time', () => {
  const { desk } = policies.schedule;
  it.each([
    ['2026-11-24T09:00', 3600, '2026-11-24T10:00'],
    ['2026-11-24T08:00', 3600, '2026-11-24T10:00'],
    ['2026-11-24T17:30', 3600, '2026-11-25T09:30'],
    ['2026-11-20T17:00', 7200, '2026-11-24T10:00'],
    ['2026-12-28T18:00', 60, '2027-01-04T09:01'],
    ['2026-11-24T09:00', 9 * 3600, '2026-11-24T18:00'],
    ['2026-11-24T12:00', 18 * 3600, '2026-11-26T12:00'],
  ])('from %s, %i s of it end at %s', (from, seconds, until) => {
    expect(addWorkingTime(at(from), seconds, desk)).toBe(at(until));
    expect(workingTimeBetween(at(from), at(until), desk)).toBe(seconds);
    expect(workingTimeBetween(at(until), at(from), desk)).toBe(-seconds);
  });
});

describe('a search', () => {
  it.each([
    ['髙橋　はなこ', '高橋ハナコ'],
    ['ﾊﾅｺ', 'はなこ'],
    ['Ｋ２６－ＡＢＣＤ', 'k26abcd'],
    ['㈱架空', '(株)架空'],
    ['KAKUU', 'kakuu'],
    ['サーバー', 'サ－バ－'],
  ])('takes %s for %s', (typed, kept) => {
    expect(foldForSearch(typed, policies)).toBe(foldForSearch(kept, policies));
  });
});

describe('the tabs', () => {
  it('keep the clock still while the applicant is waited for', async () => {
    const applied = await apply(world);
    const before = await queue(one, 'applicant');
    expect(idsIn(before)).toContain(applied.caseId);
    const line = before.lines.find(({ caseId }) => caseId === applied.caseId);
    expect(line).toMatchObject({ dueAt: null, left: policies.schedule.desk.reviewWithin });
    world.clock.pass(40 * 86_400);
    await one.signIn();
    await other.signIn();
    expect((await queue(one, 'overdue')).lines).toEqual([]);
    const again = await apply(world, { mailbox: 'jiro@kakuu-kakuin.example' });
    await proveMailbox(world, again);
    const due = (await queue(one, 'unassigned')).lines.find(({ caseId }) => caseId === again.caseId)?.dueAt;
    const expected = addWorkingTime(world.clock.now(), policies.schedule.desk.reviewWithin, policies.schedule.desk);
    expect(due).toBe(expected);
  });

  it('count what is late, stop when it is returned, and go on with the rest of the time', async () => {
    const { caseId } = await ready();
    await one.visitor.json(`/officer/cases/${caseId}/claim`, {}).expect(200);
    const { dueAt } = (await queue(one, 'mine')).lines.find(line => line.caseId === caseId) ?? {};
    const left = workingTimeBetween(world.clock.now(), dueAt ?? 0, policies.schedule.desk);
    await one.visitor.json(`/officer/cases/${caseId}/return`, { reason: 'name' }).expect(200);
    const waiting = (await queue(one, 'applicant')).lines.find(line => line.caseId === caseId);
    expect(waiting).toMatchObject({ dueAt: null, left, holder: null });
  });

  it('show what one officer has signed to the other', async () => {
    const { caseId } = await ready();
    const digest = await review(world, one, caseId);
    expect(idsIn(await queue(one, 'mine'))).toContain(caseId);
    await one.approve(digest);
    expect(idsIn(await queue(other, 'second'))).toContain(caseId);
    expect(idsIn(await queue(other, 'unassigned'))).not.toContain(caseId);
    await one.visitor.json(`/officer/cases/${caseId}/put-back`, {}).expect(200);
    await other.approve(digest);
    expect(idsIn(await queue(other, 'second'))).not.toContain(caseId);
    await world.work();
    const done = await queue(other, 'done');
    expect(idsIn(done)).toContain(caseId);
    const serialNumber = (await world.store.certificates.ofCase(caseId))?.serialNumber ?? '';
    expect(idsIn(await queue(other, 'all', serialNumber.toUpperCase()))).toEqual([caseId]);
    expect(idsIn(await queue(other, 'done', 'ｶｸｳ 太郎'.replace('ｶｸｳ', '架空')))).toContain(caseId);
    expect(idsIn(await queue(other, 'all', 'かくうたろう'))).toContain(caseId);
    expect(idsIn(await queue(other, 'all', '%'))).not.toEqual([]);
    expect(idsIn(await queue(other, 'all', '見知らぬ人'))).toEqual([]);
  });

  it('change nothing by being looked at', async () => {
    await ready();
    const before = JSON.stringify([await world.rows(), await world.database('applications')]);
    for (const tab of ['unassigned', 'mine', 'second', 'all'])
      await one.visitor.page(`/officer?tab=${tab}`).expect(200);
    expect(JSON.stringify([await world.rows(), await world.database('applications')])).toBe(before);
  });
});

describe('a claim', () => {
  it('is given to one officer only, however many ask at once', async () => {
    const cases = await Promise.all(Array.from({ length: 4 }, () => ready()));
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, turn) => (turn % 2 === 0 ? one : other).visitor.json('/officer/claim-next', {})),
    );
    const given = asked.map(({ body }) => (body as { caseId: string | null }).caseId).filter(id => id !== null);
    expect(new Set(given).size).toBe(given.length);
    for (const { caseId } of cases) expect(given).toContain(caseId);
  });

  it('keeps others out of every step, by name, until it is over; then it is taken over on record', async () => {
    const { caseId } = await ready();
    const path = `/officer/cases/${caseId}`;
    await one.visitor.json(`${path}/claim`, {}).expect(200);
    for (const [step, body] of [
      ['claim', {}],
      ['return', { reason: 'name' }],
      ['reject', { reason: 'name' }],
      ['register', {}],
    ] as const) {
      const refused = (await other.visitor.json(`${path}/${step}`, body).expect(409)).body as object;
      expect(refused).toMatchObject({ code: 'caseHeld', holder: `審査 ${one.memberId}` });
    }
    world.clock.pass(policies.schedule.desk.claimLifetime);
    await other.signIn();
    await other.visitor.json(`${path}/claim`, {}).expect(200);
    const outbox: { event: string }[] = await world.database('audit_outbox');
    expect(outbox.map(({ event }) => event).filter(event => event.includes('case.takenOver'))).toEqual([
      expect.stringContaining(`"from":"${one.memberId}"`),
    ]);
    await one.signIn();
    await one.visitor.json(`${path}/claim`, {}).expect(409);
    await other.visitor.json(`${path}/put-back`, {}).expect(200);
    await one.visitor.json(`${path}/claim`, {}).expect(200);
  });

  it('is nobody’s own application', async () => {
    const { caseId } = await ready({ mailbox: one.mailbox });
    await one.visitor.json(`/officer/cases/${caseId}/claim`, {}).expect(403);
    for (let round = 0; round < 10; round++) {
      const body = (await one.visitor.json('/officer/claim-next', {}).expect(200)).body as { caseId: string | null };
      expect(body.caseId).not.toBe(caseId);
    }
  });
});
