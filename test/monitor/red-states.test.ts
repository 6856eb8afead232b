/** Every red state there is, each caused in real parts: nothing else turns red with it but what must. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReadingName } from '../../ca-core/index.ts';
import { readingNames } from '../../ca-core/operations/observation.ts';
import { settle } from '../support/a-ca.ts';
import { aWatchedCa, redIn, seenBy, type WatchedCa } from './a-watched-ca.ts';

let world: WatchedCa;
const caused = new Set<ReadingName>();

beforeAll(async () => {
  world = await aWatchedCa();
  await world.ca.approve(world.ca.aCase({ caseId: 'K26-AAAA-0001' }));
  await world.services.allTurn();
});
afterAll(() => world.end());
afterEach(async () => {
  world.crl.honest();
  world.ocsp.honest();
  world.portal.honest();
  await world.beat();
});

/** What is red, and remembers which readings were caused to be so. */
async function redBy(monitor: ReturnType<WatchedCa['monitor']>): Promise<string[]> {
  const red = redIn(await seenBy(monitor));
  for (const one of red) caused.add(one.split(' ')[0] as ReadingName);
  return red;
}

const minute = 60;
const hour = 3600;
const day = 86_400;

describe('a platform that is well', () => {
  it('has nothing red, and a figure of everything', async () => {
    await world.beat();
    const picture = await seenBy(world.monitor());
    expect(redIn(picture)).toEqual([]);
    const told = new Set(picture.readings.map(({ name }) => name));
    // The portal tells of cases itself.
    const portals = ['casesWaiting', 'casesAge'];
    expect(readingNames.filter(name => !told.has(name))).toEqual(portals);
    expect(picture.days.at(-1)).toMatchObject({ issued: 1, revoked: 0 });
    expect(picture.days).toHaveLength(world.ca.policies.operations.chartDays);
    expect(picture.readings.find(({ name, subject }) => name === 'crlNumber' && subject === 'issuing')?.value).toBe(
      (await world.ca.store.crls.newestMark(world.ca.ca))?.crlNumber,
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
    const monitor = world.monitor({ ahead });
    await monitor.round();
    expect(await redBy(monitor)).toEqual(expect.arrayContaining(expected));
  });

  it('tells silent services, each by itself', async () => {
    world.clock.pass(61);
    await settle(world.services.core);
    await world.services.ocsp.round();
    await world.ca.store.states.beat({ service: 'ca-core', state: 'green', detail: '', seenAt: world.clock.now() });
    const red = await redBy(world.monitor());
    expect(red).toEqual(['serviceSilence crl-publisher', 'serviceSilence ra-portal']);
  });
});

describe('services', () => {
  it('are red where they say so themselves', async () => {
    world.crl.close();
    const broken = {
      service: 'crl-publisher',
      state: 'red',
      detail: 'what can be fetched is not what was put',
    } as const;
    await world.ca.store.states.beat({ ...broken, seenAt: world.clock.now() });
    expect(
      await redBy(world.monitor({ change: { urls: { ...world.settings.urls, crl: world.ca.settings.crlUrl } } })),
    ).toEqual(['serviceRed crl-publisher']);
  });
});
