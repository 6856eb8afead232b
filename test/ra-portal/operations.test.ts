/** CA operators: the page for programs, letters of alerts, and who watches the monitor. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert, Picture } from '../../ca-core/index.ts';
import { chartOf } from '../../ra-portal/operations/chart.ts';
import { noteGivenUp, postLetter, waitingLetters } from '../../ra-portal/store/letters.ts';
import { aPerson, type APerson } from './support/a-person.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { figures } from './support/figures.ts';
import { apply, proveMailbox } from './support/an-application.ts';

let world: APortal;
let operator: APerson;

beforeAll(async () => {
  world = await aPortal();
  await world.officers();
  operator = await aPerson(world, { role: 'caOperator' });
});
afterAll(() => world.end());

async function pictureNow(): Promise<{ readonly picture: Picture; readonly alerts: readonly Alert[] }> {
  const answer = await operator.visitor.look('/operations').expect(200);
  return answer.body as { picture: Picture; alerts: Alert[] };
}

const alert = (change: Partial<Alert> = {}): Alert => ({
  id: crypto.randomUUID(),
  reading: 'crlAge',
  subject: 'issuing',
  state: 'red',
  cause: 'change',
  value: 6_000,
  since: world.clock.now() - 60,
  raisedAt: world.clock.now(),
  ...change,
});

describe('the operators’ page', () => {
  it('is red while no monitor has looked, and judges what one tells by the policies', async () => {
    expect((await pictureNow()).picture).toMatchObject({ light: 'red', observedAt: null });
    await world.store.observations.tell('monitor', figures(world.clock.now()));
    expect((await pictureNow()).picture.light).toBe('green');
    await world.store.observations.tell('monitor', figures(world.clock.now(), { 'crlAge issuing': 80 * 60 }));
    expect((await pictureNow()).picture.light).toBe('amber');
    await world.store.observations.tell('monitor', figures(world.clock.now(), { 'crlAge issuing': 96 * 60 }));
    expect((await pictureNow()).picture.light).toBe('red');
  });

  it('believes no row that is not what it should be', async () => {
    await world
      .database('observations')
      .where({ reporter: 'monitor' })
      .update({ report: '{"readings":[{"name":"<b>"}]}' });
    expect((await pictureNow()).picture).toMatchObject({ light: 'red', observedAt: null });
  });

  it('turns red by itself when the monitor is silent', async () => {
    await world.store.observations.tell('monitor', figures(world.clock.now()));
    world.clock.pass(121);
    const { picture } = await pictureNow();
    expect(picture.readings[0]).toMatchObject({ name: 'monitorSilence', value: 121, light: 'red' });
  });
});

describe('letters', () => {
  const about = async (text: string): Promise<readonly string[]> =>
    (await world.letters()).filter(letter => letter.includes(text));

  it('go to CA operators once for each alert, in both languages, with a figure and what to do', async () => {
    await aPerson(world, { role: 'auditor' });
    await world.store.alerts.add(alert());
    const letters = await about('CRLの古さ');
    expect(letters).toHaveLength(1);
    expect(letters[0]).toContain(operator.mailbox);
    for (const text of ['異常', 'red: Age of the CRL (issuing)', '1時間 40分', '1 h 40 min', 'kakuin crl publish'])
      expect(letters[0]).toContain(text);
    expect(letters[0]).toContain(`${world.url}/operations`);
    expect(await about('CRLの古さ')).toHaveLength(1);
  });

  it('tell that it is red still, and that it is over', async () => {
    await world.store.alerts.add(alert({ cause: 'reminder', subject: 'issuing-2' }));
    await world.store.alerts.add(alert({ state: 'green', subject: 'issuing-3', value: 60 }));
    expect(await about('still red: Age of the CRL (issuing-2)')).toHaveLength(1);
    expect(await about('no longer red: Age of the CRL (issuing-3)')).toHaveLength(1);
    expect((await pictureNow()).alerts).toHaveLength(3 + 1);
  });

  it('call when the monitor is silent, once, and when it is back', async () => {
    await world.store.observations.tell('monitor', figures(world.clock.now()));
    await world.portal.look();
    world.clock.pass(125);
    await world.portal.look();
    await world.portal.look();
    const told = (await world.store.alerts.newest(20)).filter(({ reading }) => reading === 'monitorSilence');
    expect(told[0]).toMatchObject({ state: 'red', value: 125, cause: 'change' });
    const silent = await about('red: Monitor silent for');
    await world.store.observations.tell('monitor', figures(world.clock.now()));
    await world.portal.look();
    await world.portal.look();
    expect(await about('no longer red: Monitor silent for')).not.toHaveLength(0);
    expect(await about('red: Monitor silent for')).toHaveLength(silent.length + 1);
  });
});

describe('what the portal tells of itself', () => {
  it('is how many applications wait for officers, letters for the mail server, and that it is there', async () => {
    await proveMailbox(world, await apply(world));
    await world.portal.look();
    world.clock.pass(3_600);
    await world.portal.look();
    const told = await world.store.observations.of('ra-portal');
    expect(told?.at).toBe(world.clock.now());
    expect(told?.readings).toContainEqual({ name: 'casesWaiting', subject: '', value: 1, note: '' });
    const age = told?.readings.find(({ name }) => name === 'casesAge')?.value ?? 0;
    expect(age).toBeGreaterThanOrEqual(3_600);
    expect(told?.readings).toContainEqual({ name: 'queueLength', subject: 'letters', value: 0, note: '' });
    expect(await world.store.states.all()).toContainEqual(
      expect.objectContaining({ service: 'ra-portal', state: 'green', seenAt: world.clock.now() }),
    );
  });

  it('is red for a day where the mail server takes no letter for a CA operator', async () => {
    const { database, clock, portal } = world;
    const stateOf = async () => (await world.store.states.all()).find(({ service }) => service === 'ra-portal');
    const giveUp = async (mailbox: string): Promise<void> => {
      await postLetter(database, { mailbox, subject: '', body: '', at: clock.now() });
      for (const { id } of await waitingLetters(database, clock.now(), 9))
        await noteGivenUp(database, { id, why: 'refused', at: clock.now() });
      clock.pass(30);
      await portal.look();
    };
    await giveUp('anybody@kakuu-kakuin.example');
    expect((await stateOf())?.state).toBe('green');
    await giveUp(operator.mailbox);
    const told = await stateOf();
    expect([told?.state, told?.detail]).toEqual([
      'red',
      expect.stringContaining('no letter for 1 of the CA operators'),
    ]);
    for (let day = 0; day < 2; day++) {
      clock.pass(20 * 3_600);
      await portal.look();
    }
    expect((await stateOf())?.state).toBe('green');
  });
});

describe('the chart', () => {
  it('draws each day to scale above one floor, and labels no more than fit', () => {
    const { days, lines, floor } = chartOf(figures(1_800_000_000).days, 1000);
    const [tallest] = [...days].sort((one, other) => other.issued - one.issued);
    const half = days.find(({ issued }) => issued > 0 && issued < (tallest?.issued ?? 0));
    const scale = (tallest?.issuedBar.height ?? 0) / (tallest?.issued ?? 1);
    expect((half?.issuedBar.height ?? 0) / (half?.issued ?? 1)).toBeCloseTo(scale, 0);
    for (const { issuedBar, revokedBar } of days) {
      expect(issuedBar.y + issuedBar.height).toBeCloseTo(floor, 0);
      expect(revokedBar.x).toBeGreaterThan(issuedBar.x + issuedBar.width);
    }
    expect(days.filter(({ label }) => label !== null).length).toBeLessThanOrEqual(7);
    expect(days.at(-1)?.label).not.toBeNull();
    expect(lines.map(({ label }) => label)).toEqual(['0', '100', '200']);
  });

  it('has a floor and lines where nothing happened', () => {
    const { days, lines } = chartOf([{ day: '2026-11-22', issued: 0, revoked: 0 }], 340);
    expect(days[0]?.issuedBar.height).toBe(0);
    expect(lines.map(({ label }) => label)).toEqual(['0', '1']);
  });
});
