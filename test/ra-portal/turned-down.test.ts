/** A right that was to be withdrawn and stays: whoever it is about turns nothing down, and the access review goes on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';

let world: APortal;
let admin: APerson;
let third: APerson;
let leaving: APerson;
beforeAll(async () => {
  world = await aPortal();
  const administrator = (name: string) =>
    aPerson(world, { role: 'administrator', mailbox: `${name}@operator.example` });
  [admin, third, leaving] = [await administrator('admin'), await administrator('third'), await administrator('leaves')];
});
afterAll(() => world.end());

const rightOf = ({ id }: APerson): string => `person ${id} administrator`;
const decide = async (by: APerson, account: string, decision: string): Promise<void> => {
  await by.visitor.json('/access-review', { account, decision }).expect(303);
};
const sign = (status: number) => admin.visitor.json('/access-review/sign', {}).expect(status);

/** The change that waits. */
async function waiting(): Promise<string> {
  const [id = ''] = await world
    .database('role_changes')
    .where({ person_id: leaving.id, change: 'withdraw', confirmed_at: null, declined_at: null })
    .pluck<string[]>('id');
  return id;
}

it('is turned down by another administrator alone', async () => {
  await decide(admin, rightOf(leaving), 'withdraw');
  const refused = await leaving.visitor.json(`/role-changes/${await waiting()}/decline`, {});
  expect([refused.status, (refused.body as { code: string }).code]).toEqual([403, 'ownRole']);
  await third.visitor.json(`/role-changes/${await waiting()}/decline`, {}).expect(200);
  expect(await waiting()).toBe('');
});

it('is undecided again, and withdrawn in the review once it waits anew, or is gone', async () => {
  await decide(admin, rightOf(third), 'keep');
  await decide(third, rightOf(admin), 'keep');
  await sign(422);
  const page = await admin.visitor.page('/access-review', 'en').expect(200);
  expect(page.text).toContain('; 1 left.');
  await decide(admin, rightOf(leaving), 'withdraw');
  expect((await admin.visitor.page('/access-review', 'en')).text).toContain('; 0 left.');
  await third.visitor.json(`/role-changes/${await waiting()}/confirm`, {}).expect(200);
  await sign(303);
  const [record = ''] = await world.database('access_reviews').pluck<string[]>('record');
  const lines = JSON.parse(record) as { account: string; decided: { decision: string } }[];
  expect(lines.map(({ account, decided }) => [account, decided.decision]).sort()).toEqual(
    [admin, third].map(one => [rightOf(one), 'keep']).sort(),
  );
});
