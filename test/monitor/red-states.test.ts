/** Every red state there is, each caused in real parts; at the end none is left that nothing caused. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readingNames } from '../../ca-core/operations/observation.ts';
import { settle } from '../support/a-ca.ts';
import { describeInside } from './red-inside.ts';
import { describeMachine } from './red-machine.ts';
import { describeOutside } from './red-outside.ts';
import { describeServices } from './red-services.ts';
import { aWatchedCa, redIn, seenBy } from './support/a-watched-ca.ts';
import { redBy, type RedGround } from './support/red-ground.ts';

const ground = { caused: new Set() } as { -readonly [Part in keyof RedGround]: RedGround[Part] };

beforeAll(async () => {
  ground.world = await aWatchedCa();
  await ground.world.ca.approve(ground.world.ca.aCase({ caseId: 'K26-AAAA-0001' }));
  await ground.world.services.allTurn();
});
afterAll(() => ground.world.end());
afterEach(async () => {
  ground.world.crl.honest();
  ground.world.ocsp.honest();
  ground.world.portal.honest();
  await ground.world.beat();
});

const minute = 60;
const hour = 3600;
const day = 86_400;

describe('a platform that is well', () => {
  it('has nothing red, and a figure of everything', async () => {
    await ground.world.beat();
    const picture = await seenBy(ground.world.monitor());
    expect(redIn(picture)).toEqual([]);
    const told = new Set(picture.readings.map(({ name }) => name));
    // The portal tells of cases itself.
    const portals = ['casesWaiting', 'casesAge'];
    expect(readingNames.filter(name => !told.has(name))).toEqual(portals);
    expect(picture.days.at(-1)).toMatchObject({ issued: 1, revoked: 0 });
    expect(picture.days).toHaveLength(ground.world.ca.policies.operations.chartDays);
    expect(picture.readings.find(({ name, subject }) => name === 'crlNumber' && subject === 'issuing')?.value).toBe(
      (await ground.world.ca.store.crls.newestMark(ground.world.ca.ca))?.crlNumber,
    );
  });
});

describe('time that passes while nothing is made', () => {
  it.each<[number, string[]]>([
    [96 * minute, ['crlAge issuing']],
    [3 * hour, ['crlAge issuing', 'backupAge']],
    [17 * hour, ['ocspOldest', 'ocspLeft']],
    [25 * hour, ['crlLeft issuing']],
    [366 * day, ['rootCrlAge root', 'rootCrlLeft root', 'crlLeft issuing']],
    [3000 * day, ['caLeft issuing']],
  ])('turns red after %i seconds what is too old by then', async (ahead, expected) => {
    const monitor = ground.world.monitor({ ahead });
    await monitor.round();
    expect(await redBy(ground, monitor)).toEqual(expect.arrayContaining(expected));
  });

  it('tells silent services, each by itself', async () => {
    ground.world.clock.pass(61);
    await settle(ground.world.services.core);
    await ground.world.services.ocsp.round();
    await ground.world.ca.store.states.beat({
      service: 'ca-core',
      state: 'green',
      detail: '',
      seenAt: ground.world.clock.now(),
    });
    const red = await redBy(ground, ground.world.monitor());
    expect(red).toEqual(['serviceSilence crl-publisher', 'serviceSilence ra-portal']);
  });
});

describeServices(ground);
describeOutside(ground);
describeInside(ground);
describeMachine(ground);

describe('every red state that the policies know', () => {
  it('was caused above', () => {
    const { readings } = ground.world.ca.policies.operations;
    const canBeRed = readingNames.filter(name => readings[name].red !== null || readings[name].untold === 'red');
    expect(canBeRed.filter(name => !ground.caused.has(name))).toEqual([]);
  });
});
