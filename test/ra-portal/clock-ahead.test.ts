/** A clock that is weeks ahead while the portal runs: nothing is deleted by it, and the portal is red. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openRetentionRounds } from '../../ra-portal/retention/rounds.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { apply } from './support/an-application.ts';
import { partsOf } from './support/parts-of.ts';

const weeks = 40 * 86_400;
let world: APortal;
let caseId: string;

beforeAll(async () => {
  world = await aPortal();
  ({ caseId } = await apply(world));
  await world.portal.look();
});
afterAll(() => world.end());

const application = async (): Promise<unknown> =>
  world.database('applications').where('case_id', caseId).first('state');
const stateOfPortal = async () => (await world.store.states.all()).find(({ service }) => service === 'ra-portal');

it('what was abandoned by such a clock alone stays, and people are called', async () => {
  world.clock.pass(weeks);
  await world.portal.look();
  expect(await application()).toEqual({ state: 'submitted' });
  const told = await stateOfPortal();
  expect(told?.state).toBe('red');
  expect(told?.detail).toMatch(/^the clock jumped 3456000 seconds ahead/);
});

it('a portal that was started meanwhile believes the CA core, which saw the clock jump', async () => {
  const at = { seenAt: world.clock.now(), service: 'ca-core clock' };
  await world.store.states.beat({ ...at, state: 'red', detail: 'the clock jumped' });
  await openRetentionRounds()(partsOf(world));
  expect(await application()).toEqual({ state: 'submitted' });
  await world.store.states.beat({ ...at, state: 'green', detail: '' });
});

it('is as before once it is set right', async () => {
  world.clock.pass(20 - weeks);
  await world.portal.look();
  expect((await stateOfPortal())?.state).toBe('green');
});

it('is the time where it went on day by day', async () => {
  for (let days = 0; days < 32; days++) {
    world.clock.pass(86_400);
    await world.portal.look();
  }
  expect(await application()).toEqual({ state: 'withdrawn' });
});
