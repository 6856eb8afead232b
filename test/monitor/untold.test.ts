/** What keeps the monitor itself from its work is told as anything else is: a home that cannot be written, a look that fails. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JudgedReading, Light, ReadingName, Store } from '../../ca-core/index.ts';
import { readingNames } from '../../ca-core/operations/observation.ts';
import { raiseAlerts } from '../../monitor/alerts.ts';
import { aWatchedCa, lightOf, redIn, seenBy, type WatchedCa } from './support/a-watched-ca.ts';

let world: WatchedCa;
let hook: Server;
const heard: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'kakuin-untold-'));

beforeAll(async () => {
  world = await aWatchedCa();
  await world.beat();
  hook = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      const { reading, subject, state } = JSON.parse(body) as Record<string, string>;
      heard.push(`${reading ?? ''} ${subject ?? ''} ${state ?? ''}`);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
afterAll(async () => {
  hook.close();
  hook.closeAllConnections();
  rmSync(folder, { recursive: true });
  await world.end();
});

describe('a monitor that cannot write its own home', () => {
  it('calls people all the same, once, and says that it cannot; what it knows is kept when it can', async () => {
    const home = join(folder, 'home');
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, 'a secret of sixteen');
    const webhook = { url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, secretFile };
    const change = { home, webhook, backup: join(folder, 'backup') };
    const monitor = world.monitor({ change, rules: { alertAfter: 0 } });
    rmSync(home, { recursive: true, force: true });
    writeFileSync(home, 'a file where its folder should be');
    for (let rounds = 0; rounds < 3; rounds++) await monitor.round();
    expect(redIn(monitor.picture())).toEqual(['serviceRed monitor', 'backupAge']);
    expect(heard.sort()).toEqual(['backupAge  red', 'serviceRed monitor red']);
    expect(await told('backupAge')).toHaveLength(1);
    const state = (await world.ca.store.states.all()).find(({ service }) => service === 'monitor');
    expect([state?.state, state?.detail]).toEqual(['red', 'its own folder cannot be written']);
    rmSync(home);
    for (let rounds = 0; rounds < 2; rounds++) await monitor.round();
    expect(lightOf(monitor.picture(), 'serviceRed', 'monitor')).toBe('green');
    expect(heard.slice(2)).toEqual(['serviceRed monitor green']);
    expect(JSON.parse(readFileSync(join(home, 'alerts.json'), 'utf8'))).toMatchObject({
      red: [{ name: 'backupAge' }],
      errands: [],
    });
  });

  const told = async (name: ReadingName) =>
    (await world.ca.store.alerts.newest(100)).filter(({ reading }) => reading === name);
});

describe('a look that has failed since the monitor was started', () => {
  it('tells each of its readings as untold, and then as they are', async () => {
    let isBroken = true;
    const { store } = world.ca;
    const broken = <T>(read: T): T => (isBroken ? ((() => Promise.reject(new Error('denied'))) as T) : read);
    const breaking: Store = {
      ...store,
      get states() {
        return { ...store.states, all: broken(store.states.all) };
      },
      get crls() {
        return { ...store.crls, newestMark: broken(store.crls.newestMark) };
      },
      get figures() {
        const { sample, queue, expiring } = store.figures;
        return { ...store.figures, sample: broken(sample), queue: broken(queue), expiring: broken(expiring) };
      },
    };
    const monitor = world.monitor({ store: breaking });
    const blind = await seenBy(monitor);
    expect(blind.light).toBe('red');
    expect(new Set(blind.readings.map(({ name }) => name))).toEqual(new Set(readingNames));
    for (const name of ['serviceSilence', 'crlAge', 'ocspFault', 'ordersAge', 'queueAge'] as const)
      expect(lightOf(blind, name)).toBe('red');
    expect(lightOf(blind, 'casesAge')).toBe('amber');
    isBroken = false;
    const seeing = await seenBy(monitor);
    expect(redIn(seeing)).toEqual([]);
    expect(lightOf(seeing, 'crlAge')).toBeUndefined();
    isBroken = true;
    expect(lightOf(await seenBy(monitor), 'crlAge', 'issuing')).toBe('red');
  });

  it('is over for people when it is told of each thing by itself', () => {
    const { readings } = world.ca.policies.operations;
    const { unit, amber, red } = readings.crlAge;
    const told = (light: Light, subject: string): JudgedReading => ({
      ...{ name: 'crlAge', subject, value: null, note: '', unit, amber, red, light },
    });
    const rules = { alertAfter: 0, remindAfter: 3_600 };
    const called = raiseAlerts([], [told('red', '')], { now: 0, ...rules });
    const after = raiseAlerts(called.red, [told('green', 'issuing'), told('green', 'root')], { now: 10, ...rules });
    expect(after.red).toEqual([]);
    expect(after.alerts).toMatchObject([{ reading: 'crlAge', subject: '', state: 'green', since: 10 }]);
    expect(raiseAlerts(called.red, [], { now: 10, ...rules })).toEqual({ red: called.red, alerts: [] });
  });
});
