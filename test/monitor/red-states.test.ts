/** Every red state there is, each caused in real parts: nothing else turns red with it but what must. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, openStore, type ReadingName, type Store } from '../../ca-core/index.ts';
import { readingNames } from '../../ca-core/operations/observation.ts';
import { failureSentence } from '../../ca-core/turn-failure.ts';
import { aCa, settle } from '../support/a-ca.ts';
import { aPublisher } from '../support/a-publisher.ts';
import { aSmallDisk } from '../support/small-disk.ts';
import { softHsm } from '../support/soft-hsm.ts';
import { aWatchedCa, lightOf, redIn, seenBy, type WatchedCa } from './a-watched-ca.ts';

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
  it('are red where what is done every night was not done', async () => {
    const { states } = world.ca.store;
    const told = { service: 'reconcile', state: 'green' as const, detail: 'every place says the same' };
    await states.beat({ ...told, seenAt: world.clock.now() - 27 * 3_600 });
    expect(await redBy(world.monitor())).toContain('serviceRed reconcile');
    await states.beat({ ...told, seenAt: world.clock.now() });
    expect(await redBy(world.monitor())).not.toContain('serviceRed reconcile');
  });

  it('are red where they say so themselves: here the publisher, whose files nobody gets', async () => {
    const { store, ca } = world.ca;
    await store.crls.order(ca, 'a test', world.clock.now());
    world.clock.pass(10);
    await settle(world.services.core);
    const lost = await aPublisher(
      { store, home: mkdtempSync(join(tmpdir(), 'kakuin-lost-')) },
      { clock: world.clock, fetchPublic: () => Promise.resolve(new Uint8Array()), url: world.ca.settings.crlUrl },
    );
    await lost.round().catch(() => undefined);
    await lost.close();
    expect(await redBy(world.monitor())).toContain('serviceRed crl-publisher');
    await world.services.allTurn();
  });

  it('are red where their pages do not open', async () => {
    const monitor = world.monitor();
    world.portal.instead('/', new Uint8Array(), 502);
    await monitor.round();
    world.clock.pass(61);
    await world.beat();
    expect(await redBy(monitor)).toEqual(['pageAway approval-desk', 'pageAway ra-portal'].sort().reverse());
    world.portal.honest();
    expect(await redBy(monitor)).toEqual([]);
  });

  // The token's program is compiled first, where nobody has yet.
  it('are red where the token with their keys is away', { timeout: 300_000 }, async () => {
    const hsm = softHsm('shim');
    const platform = await aCa({ caKeys: hsm.uri(), clock: world.clock, database: 'sqlite' });
    hsm.spoil('removed');
    const core = await platform.open();
    const failure: unknown = await core.turn().then(
      () => undefined,
      (error: unknown) => error,
    );
    const state = { service: core.worker.name, state: 'red', detail: failureSentence(failure) } as const;
    await world.ca.store.states.beat({ ...state, seenAt: world.clock.now() });
    expect(await redBy(world.monitor())).toEqual(['serviceRed ca-core', 'tokenAway ca-core']);
    await core.close();
    await platform.end();
    hsm.end();
  });
});

describe('CRLs and CA certificates outside', () => {
  it('are red where an old CRL is served', async () => {
    const { store, ca } = world.ca;
    const old = new Uint8Array(await (await fetch(`${world.crl.url}/crl/issuing/0.crl`)).arrayBuffer());
    await store.crls.order(ca, 'a test', world.clock.now());
    await world.services.allTurn();
    const monitor = world.monitor();
    expect(await redBy(monitor)).toEqual([]);
    world.crl.instead('/crl/issuing/0.crl', old);
    await monitor.round();
    expect(lightOf(monitor.picture(), 'crlOutside', 'issuing')).toBe('amber');
    world.clock.pass(121);
    await world.beat();
    expect(await redBy(monitor)).toEqual(['crlOutside issuing']);
    world.crl.honest();
    expect(await redBy(monitor)).toEqual([]);
  });

  it('are red where the CRL that is served is gone, or none, or the CA certificate is another’s', async () => {
    const root = await world.ca.store.issuers.list().then(all => all.find(({ role }) => role === 'root'));
    const monitor = world.monitor();
    world.crl.instead('/crl/root.crl', new Uint8Array(), 404);
    world.crl.instead('/crl/issuing/0.crl', Buffer.from('<html>'));
    world.crl.instead('/ca/issuing.cer', root?.certificate ?? new Uint8Array());
    await monitor.round();
    world.clock.pass(121);
    await world.beat();
    const red = ['crlOutside root', 'crlOutside issuing', 'caCertificateOutside issuing'];
    expect((await redBy(monitor)).sort()).toEqual(red.sort());
  });

  it('are red before the first CRL of a CA', async () => {
    const fresh = await aCa({ clock: world.clock, database: 'sqlite' });
    expect(await redBy(world.monitor({ store: fresh.store }))).toContain('crlNumber issuing');
    await fresh.end();
  });
});

describe('OCSP', () => {
  it.each([
    ['is not there', new Uint8Array(), 502],
    ['answers nonsense', Buffer.from('<html>'), 200],
    ['refuses (tryLater)', Buffer.from('30030a0103', 'hex'), 200],
  ])('is red where it %s', async (_, bytes, status) => {
    const monitor = world.monitor();
    world.ocsp.instead('/', bytes, status);
    await monitor.round();
    world.clock.pass(61);
    await world.beat();
    expect(await redBy(monitor)).toEqual(expect.arrayContaining(['ocspFault issuing', 'ocspOldest', 'ocspLeft']));
  });

  it('is red where it is slow', async () => {
    const { readings } = world.ca.policies.operations;
    const slow = { above: 0.15 };
    const bounds = { ocspP50: { ...readings.ocspP50, red: slow }, ocspP95: { ...readings.ocspP95, red: slow } };
    world.ocsp.holdBack(200);
    expect(await redBy(world.monitor({ bounds, rules: { ocspSample: 1 } }))).toEqual(['ocspP50', 'ocspP95']);
  });

  it('is red where a cache tells good of what is revoked', async () => {
    const rules = { ocspSample: 1 };
    const store = onlyCertificate(world.ca.store, 'K26-AAAA-0001');
    await world.monitor({ rules, store }).round();
    const good = world.ocsp.passed();
    await world.services.revoke('K26-AAAA-0001');
    world.clock.pass(61);
    await world.beat();
    const monitor = world.monitor({ rules, store });
    expect(await redBy(monitor)).toEqual([]);
    expect(monitor.picture().readings.find(({ name }) => name === 'revokedToday')?.value).toBe(1);
    world.ocsp.instead('/', good);
    await monitor.round();
    world.clock.pass(61);
    await world.beat();
    expect(await redBy(monitor)).toContain('ocspFault issuing');
  });
});

describe('what waits', () => {
  it('is red where orders are many or wait long, and where a revocation waits', async () => {
    const { readings } = world.ca.policies.operations;
    const bounds = { ordersWaiting: { ...readings.ordersWaiting, red: { above: 1 } } };
    for (const caseId of ['K26-AAAA-0002', 'K26-AAAA-0003']) await world.ca.approve(world.ca.aCase({ caseId }));
    const { store, ca, officers } = world.ca;
    const serialNumber = (await store.figures.sample(ca, '', 1))[0]?.serialNumber ?? '';
    const about = { kind: 'revocation', version: 1, ca, serialNumber, requestedAt: world.clock.now() } as const;
    await world.ca.approve({ ...about, reason: 'superseded', invalidityDate: null }, [officers[0]]);
    expect(await redBy(world.monitor({ bounds }))).toEqual(['ordersWaiting']);
    expect(await redBy(world.monitor({ ahead: 901 }))).toContain('queueAge revocations');
    expect(await redBy(world.monitor({ ahead: 3_601 }))).toContain('ordersAge');
    await world.services.allTurn();
    await world.beat();
    expect(await redBy(world.monitor({ bounds }))).toEqual([]);
  });

  it('is red where applications wait for officers, as the portal tells; of the CA’s own queues it tells nothing', async () => {
    const readings = [
      { name: 'casesAge' as const, subject: '', value: 15 * day, note: '' },
      { name: 'queueAge' as const, subject: 'revocations', value: 9_999, note: '' },
      { name: 'backupAge' as const, subject: '', value: 0, note: '' },
    ];
    await world.ca.store.observations.tell('ra-portal', { at: world.clock.now(), readings, days: [] });
    expect(await redBy(world.monitor())).toEqual(['casesAge']);
    await world.ca.store.observations.tell('ra-portal', { at: world.clock.now(), readings: [], days: [] });
  });
});

describe('the audit log', () => {
  it('is red where events wait for it', async () => {
    const event = { service: 'ca-core', action: 'a.test', actor: 'a test', subject: 'x', details: {} } as const;
    await world.ca.store.audit.note({ ...event, at: world.clock.now() - 121 });
    expect(await redBy(world.monitor())).toEqual(['auditWaiting']);
    await world.services.allTurn();
    await world.beat();
  });

  it('is red where a leaf was altered, and where nobody has verified it for too long', async () => {
    const { database } = world.ca;
    const [row] = await database('audit_log').where({ seq: 3 }).select<{ leaf: Buffer }[]>('leaf');
    await database('audit_log')
      .where({ seq: 3 })
      .update({ leaf: Buffer.from('{"altered":true}') });
    expect(await redBy(world.monitor())).toEqual(['auditFaults']);
    await database('audit_log').where({ seq: 3 }).update({ leaf: row?.leaf });
    const { auditVerified } = world.ca.policies.operations.readings;
    const bounds = { auditVerified: { ...auditVerified, red: { above: 100 } } };
    const monitor = world.monitor({ bounds, rules: { auditEvery: day } });
    expect(await redBy(monitor)).toEqual([]);
    world.clock.pass(101);
    await world.services.allTurn();
    await world.beat();
    expect(await redBy(monitor)).toEqual(['auditVerified']);
  });
});

describe('the machine', () => {
  it('is red without a backup', async () => {
    const nowhere = { backup: join(world.settings.home, 'nowhere') };
    expect(await redBy(world.monitor({ change: nowhere }))).toEqual(['backupAge']);
  });

  const disk = aSmallDisk(1);
  afterAll(() => disk?.end());
  it.runIf(disk !== undefined)('is red where a disk is full', async () => {
    if (disk === undefined) return;
    const monitor = world.monitor({ change: { disks: [{ name: 'home', folder: disk.folder }] } });
    expect(await redBy(monitor)).toEqual([]);
    disk.fill(4);
    expect(await redBy(monitor)).toEqual(['diskFree home']);
    disk.free();
    expect(await redBy(monitor)).toEqual([]);
  });

  it.each([10, -10])('is red where its clock is off by %i seconds', async seconds => {
    world.time.beAhead(seconds);
    expect(await redBy(world.monitor())).toEqual(['clockOffset']);
    world.time.beAhead(0);
  });

  it('is amber where no time server tells the time', async () => {
    world.time.beOfStratum(16);
    const picture = await seenBy(world.monitor({ rules: { answerWithin: 0.3 } }));
    expect(lightOf(picture, 'clockOffset')).toBe('amber');
    world.time.beOfStratum(2);
  });

  it('is red where the database is away, and keeps the other figures as they were', async () => {
    const database = openDatabase(world.ca.settings.database);
    const monitor = world.monitor({ store: openStore(database) });
    expect(await redBy(monitor)).toEqual([]);
    await database.destroy();
    await monitor.round();
    expect(redIn(monitor.picture())).toEqual(['databaseAway']);
    caused.add('databaseAway');
    expect(lightOf(monitor.picture(), 'crlAge', 'issuing')).toBe('green');
  });

  it('is red where the monitor looks no more', async () => {
    const monitor = world.monitor();
    await monitor.round();
    world.clock.pass(121);
    expect(redIn(monitor.picture())).toEqual(['monitorSilence']);
    expect(monitor.health().isWell).toBe(false);
    caused.add('monitorSilence');
  });
});

describe('every red state that the policies know', () => {
  it('was caused above', () => {
    const { readings } = world.ca.policies.operations;
    const canBeRed = readingNames.filter(name => readings[name].red !== null || readings[name].untold === 'red');
    expect(canBeRed.filter(name => !caused.has(name))).toEqual([]);
  });
});

/** A store that knows of one certificate alone, where one is drawn by lot. */
function onlyCertificate(store: Store, caseId: string): Store {
  const sample: Store['figures']['sample'] = async () => {
    const row = await store.certificates.ofCase(caseId);
    return row === undefined ? [] : [row];
  };
  return { ...store, figures: { ...store.figures, sample } };
}
