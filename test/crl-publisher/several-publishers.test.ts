/** Publishers on machines of their own, each with a folder and a role, upon one PostgreSQL. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseServices, grantServices, openDatabase, openStore, roleOf } from '../../ca-core/index.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import type { CrlPublisher } from '../../crl-publisher/open-crl-publisher.ts';
import { aPublisher } from '../support/a-publisher.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { realNow } from '../support/small-pki.ts';

interface Machine {
  readonly home: string;
  readonly database: Knex;
  readonly publisher: CrlPublisher;
}

const prefix = 'kakuin_several_';
const password = 'a password of a role';
const clock = { at: realNow(), now: () => clock.at };
let ca: SmallCa;
let machines: readonly Machine[];

beforeAll(async () => {
  ca = await aSmallCa({ database: 'postgresql' });
  const passwords = Object.fromEntries(databaseServices.map(service => [service, password]));
  await grantServices(ca.database, { prefix, passwords, further: {} });
  await ca.recordCrl(await crlWith(1n));
  machines = await Promise.all(['a', 'b', 'c', 'd'].map(aMachine));
});
afterAll(async () => {
  for (const { publisher, database } of machines) {
    await publisher.close();
    await database.destroy();
  }
  await ca.close();
});

const crlWith = (crlNumber: bigint) =>
  ca.pki.crl({ crlNumber, entries: [], thisUpdate: clock.at, nextUpdate: clock.at + 86_400 });

async function aMachine(name: string): Promise<Machine> {
  const home = join(ca.home, name);
  mkdirSync(home);
  const url = new URL(ca.location);
  url.username = roleOf(prefix, 'crl-publisher');
  url.password = encodeURIComponent(password);
  const database = openDatabase(url.href);
  const fetchPublic = (path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(home + path));
  const publisher = await aPublisher({ store: openStore(database), home }, { clock, fetchPublic, name });
  return { home, database, publisher };
}

const everyone = (act: (publisher: CrlPublisher) => Promise<void>) =>
  Promise.all(machines.map(({ publisher }) => act(publisher)));
const out = ({ home }: Machine): bigint => readCrl(readFileSync(join(home, 'crl/issuing/0.crl'))).crlNumber;
const waiting = (): Promise<number> => ca.store.crls.waiting(ca.pki.ca);

it('all publish what is new, with no more rights than their role', async () => {
  await everyone(publisher => publisher.round());
  expect(machines.map(out)).toEqual([1n, 1n, 1n, 1n]);
  await ca.recordCrl(await crlWith(2n));
  await everyone(publisher => publisher.round());
  expect(machines.map(out)).toEqual([2n, 2n, 2n, 2n]);
  expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'green' });
});

it('one orders, however many ask at once', async () => {
  const before = await waiting();
  await everyone(publisher => publisher.orderBySchedule());
  expect(await waiting()).toBe(before + 1);
  await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'superseded', revokedAt: clock.at });
  await everyone(publisher => publisher.round());
  await everyone(publisher => publisher.round());
  expect(await waiting()).toBe(before + 2);
});

it('another leads when the leader resigned, or was silent for half a minute', async () => {
  const leader = async (): Promise<string | null> => (await ca.store.publisherLeases.leader()).holder;
  const first = await leader();
  const [leading] = machines.filter((_, at) => 'abcd'[at] === first);
  await leading?.publisher.close();
  expect(await leader()).toBeNull();
  const rest = machines.filter(one => one !== leading);
  const before = await waiting();
  await Promise.all(rest.map(({ publisher }) => publisher.orderBySchedule()));
  expect(await waiting()).toBe(before + 1);
  const second = await leader();
  expect(second).not.toBe(first);
  clock.at += 31;
  const silent = rest.filter(one => 'abcd'[machines.indexOf(one)] !== second);
  await Promise.all(silent.map(({ publisher }) => publisher.orderBySchedule()));
  expect(await waiting()).toBe(before + 2);
  expect([first, second]).not.toContain(await leader());
});
