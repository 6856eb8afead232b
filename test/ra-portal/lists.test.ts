/** Cases approved together: the same list by two officers, and nothing but what stands in it as it is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, licence, proveMailbox, staffCard, type Applied } from './support/an-application.ts';

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

interface Green {
  readonly caseId: string;
  readonly changedAt: number;
}
interface Made {
  readonly digest: string;
  readonly size: number;
  readonly dropped: readonly string[];
}

async function green(name: string, seen = [licence, staffCard]): Promise<Applied> {
  const applied = await apply(world, { romanName: `Kakuu ${name}`, mailbox: `${name}@kakuu-kakuin.example` });
  await proveMailbox(world, applied);
  const seenOn = new Date((world.clock.now() + 9 * 3600) * 1000).toISOString().slice(0, 10);
  for (const evidence of seen) {
    await one.visitor.json(`/officer/cases/${applied.caseId}/evidence`, { ...evidence, seenOn }).expect(200);
  }
  return applied;
}

const shown = async ({ visitor }: PortalOfficer): Promise<readonly Green[]> =>
  ((await visitor.look('/officer/lists?profile=jcan-classic').expect(200)).body as { cases: readonly Green[] }).cases;

function wish(cases: readonly Green[], count = cases.length): object {
  const chosen = cases.map(({ caseId, changedAt }) => `${caseId}@${changedAt}`);
  return { profile: 'jcan-classic', case: chosen, count: String(count) };
}

async function issued(caseIds: readonly string[]): Promise<readonly boolean[]> {
  const found: boolean[] = [];
  for (const caseId of caseIds) found.push((await world.store.certificates.ofCase(caseId)) !== undefined);
  return found;
}

describe('a list', () => {
  it('offers only what is green, and only to the officer who counts', async () => {
    const ready = await green('Ichiro');
    const unseen = await green('Jiro', [licence]);
    const offered = await shown(one);
    expect(offered.map(({ caseId }) => caseId)).toContain(ready.caseId);
    expect(offered.map(({ caseId }) => caseId)).not.toContain(unseen.caseId);
    const before = await world.rows();
    for (const count of [0, 2, 200]) await one.visitor.json('/officer/lists', wish(offered, count)).expect(422);
    await one.visitor.json('/officer/lists', { ...wish([]), count: '0' }).expect(422);
    expect(await world.rows()).toEqual(before);
    const page = await one.visitor.page('/officer/lists').expect(200);
    expect(page.text).toContain(ready.caseId);
  });

  it('is issued once both signed it; what changed meanwhile drops out and is named', async () => {
    const cases = [await green('Saburo'), await green('Shiro'), await green('Goro'), await green('Rokuro')];
    const offered = (await shown(one)).filter(({ caseId }) => cases.some(one => one.caseId === caseId));
    const [, second, , fourth] = cases;
    await one.visitor.json(`/officer/cases/${second?.caseId ?? ''}/register`, {}).expect(200);
    world.clock.pass(1);
    await one.visitor.json(`/officer/cases/${second?.caseId ?? ''}/register`, {}).expect(200);
    const made = (await one.visitor.json('/officer/lists', wish(offered)).expect(201)).body as Made;
    expect(made).toMatchObject({ size: 3, dropped: [second?.caseId] });
    await one.approve(made.digest);
    await world.work();
    expect(await issued(cases.map(({ caseId }) => caseId))).toEqual([false, false, false, false]);
    await one.visitor.json(`/officer/cases/${fourth?.caseId ?? ''}/return`, { reason: 'name' }).expect(200);
    await other.approve(made.digest);
    await world.work();
    expect(await issued(cases.map(({ caseId }) => caseId))).toEqual([true, false, true, false]);
    await expect(other.approve(made.digest)).rejects.toThrow(/approverTwice/);
  });

  it.each([
    ['another place', (list: Place) => ({ ...list, position: list.position + 1 })],
    ['another path', (list: Place) => ({ ...list, path: list.path.map(() => 'ab'.repeat(32)) })],
    ['a path that is too short', (list: Place) => ({ ...list, path: list.path.slice(1) })],
    ['another root', (list: Place) => ({ ...list, text: list.text.replace(/"root":"../, '"root":"00') })],
    ['another size', (list: Place) => ({ ...list, text: list.text.replace('"size":2', '"size":3') })],
    ['another profile', (list: Place) => ({ ...list, text: list.text.replace('jcan-classic', 'jcan-modern') })],
    ['nonsense', () => 'nonsense'],
    ['no list at all', () => null],
  ])('issues nothing for a row with %s', async (_, spoil) => {
    const cases = [
      await green(
        `A${Math.random()
          .toString(36)
          .replace(/[^a-z]/g, '')}`,
      ),
      await green('Zenjiro'),
    ];
    const ids = cases.map(({ caseId }) => caseId);
    const offered = (await shown(one)).filter(({ caseId }) => ids.includes(caseId));
    const made = (await one.visitor.json('/officer/lists', wish(offered)).expect(201)).body as Made;
    await one.approve(made.digest);
    await other.approve(made.digest);
    const target = offered[0]?.caseId ?? '';
    const row = await world
      .database<{ case_id: string; list: string }>('issuance_orders')
      .where('case_id', target)
      .first('list');
    const spoiled = spoil(JSON.parse(row?.list ?? 'null') as Place);
    const list = spoiled === null ? null : JSON.stringify(spoiled);
    await world.database('issuance_orders').where('case_id', target).update({ list });
    await world.work();
    expect(await issued([target])).toEqual([false]);
    expect(await issued(ids.filter(id => id !== target))).toEqual([true]);
  });
});

interface Place {
  readonly text: string;
  readonly position: number;
  readonly path: readonly string[];
}
