import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicies } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import type { CrlEntry, CrlReason } from '../../ca-core/x509/crl-entries.ts';
import type { CrlPublisher, CrlPublisherParts } from '../../crl-publisher/open-crl-publisher.ts';
import { pauseByLot } from '../../crl-publisher/pause-by-lot.ts';
import { aPublisher, publicUrl } from '../support/a-publisher.ts';
import { judge } from '../support/openssl.ts';
import { refusalFrom } from '../support/refusal.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { aCrl, realNow } from '../support/small-pki.ts';

let ca: SmallCa;
let publisher: CrlPublisher;
const clock = { at: realNow(), now: () => clock.at };
const state = { fetchPublic: (path: string): Promise<Uint8Array> => Promise.resolve(readFileSync(ca.home + path)) };

beforeEach(async () => {
  ca = await aSmallCa();
  clock.at = realNow();
  state.fetchPublic = path => Promise.resolve(readFileSync(ca.home + path));
  await open();
});
afterEach(() => ca.close());

async function open(parts: Partial<CrlPublisherParts> = {}): Promise<void> {
  const fetchPublic = (path: string): Promise<Uint8Array> => state.fetchPublic(path);
  publisher = await aPublisher(ca, { fetchPublic, clock, ...parts });
}

const out = (): bigint | undefined => {
  try {
    return readCrl(readFileSync(join(ca.home, 'crl/issuing/0.crl'))).crlNumber;
  } catch {
    return undefined;
  }
};
const listed = (serialNumber: string, reason: CrlReason = 'keyCompromise'): CrlEntry => ({
  serialNumber,
  revokedAt: clock.at - 10,
  reason,
  invalidityDate: null,
});
const crlWith = (crlNumber: bigint, entries: readonly CrlEntry[] = [], thisUpdate = clock.at) =>
  ca.pki.crl({ crlNumber, entries, thisUpdate, nextUpdate: thisUpdate + 3 * 86_400 });
const refusal = () => refusalFrom(publisher.round());

describe('publishing', () => {
  it('puts CA certificates and CRLs that OpenSSL verifies, and serves what is on the disk', async () => {
    await ca.recordCrl(await crlWith(1n, [listed('0a')]));
    await publisher.round();
    const files = { 'crl.der': readFileSync(join(ca.home, 'crl/issuing/0.crl')), 'chain.pem': ca.pki.chain };
    const command = 'openssl crl -in crl.der -inform DER -CAfile chain.pem -noout 2>&1';
    expect(judge('sh', ['-c', command], files).toString()).toContain('verify OK');
    expect(readFileSync(join(ca.home, 'ca/issuing.cer'))).toEqual(Buffer.from(ca.pki.issuing.der));
    expect(publisher.files.of('ca/root.cer')?.bytes).toEqual(Buffer.from(ca.pki.root.der));
    expect(publisher.files.of('crl/issuing/0.crl')?.bytes).toEqual(files['crl.der']);
    expect(readdirSync(join(ca.home, 'crl/issuing'))).toEqual(['0.crl']);
    expect(publisher.isOut()).toBe(true);
  });

  it("publishes the root's CRL where the database has one", async () => {
    const crl = await aCrl({ entries: [], crlNumber: 1n, thisUpdate: clock.at }, ca.pki.root, ca.pki.rootKey);
    const event = {
      at: clock.at,
      service: 'ceremony',
      action: 'crl.issued',
      actor: 'ceremony',
      subject: '1',
      details: {},
    };
    const row = {
      issuer: ca.pki.rootId,
      crlNumber: 1,
      crl,
      thisUpdate: clock.at,
      nextUpdate: clock.at + 60 * 86_400,
      entries: 0,
      throughSeq: 0,
    };
    await ca.store.crls.record(row, event);
    await publisher.round();
    expect(readFileSync(join(ca.home, 'crl/root.crl'))).toEqual(Buffer.from(crl));
  });

  it('wakes the CA core for a change once, by the timetable each time, and not without a reason', async () => {
    await ca.recordCrl(await crlWith(1n));
    await publisher.round();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(0);
    await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'superseded', revokedAt: clock.at });
    await publisher.round();
    await publisher.round();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
    await publisher.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(2);
  });

  it('says so when what can be fetched is not what was put', async () => {
    await ca.recordCrl(await crlWith(1n));
    state.fetchPublic = () => Promise.resolve(new Uint8Array(3));
    expect((await refusal())?.code).toBe('crlInvalid');
    expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'red' });
    state.fetchPublic = path => Promise.resolve(readFileSync(ca.home + path));
    await publisher.round();
    expect((await ca.store.states.all())[0]?.state).toBe('green');
  });

  it('an entry may leave when its certificate had expired, or was released from hold', async () => {
    await ca.issue('0a', clock.at - 100);
    await ca.issue('0b');
    await ca.recordCrl(await crlWith(1n, [listed('0a'), listed('0b', 'certificateHold')]));
    await publisher.round();
    await ca.change({ serialNumber: '0b', change: 'released' });
    await ca.recordCrl(await crlWith(2n));
    await publisher.round();
    expect(out()).toBe(2n);
  });

  it('publishes full lists, parts and deltas of one number, each in its place', async () => {
    const [url, delta] = [`${publicUrl}/crl/issuing/1.crl`, `${publicUrl}/crl/issuing/1-delta.crl`];
    const all = await crlWith(8n, [listed('0a'), listed('0b')]);
    const usual = { thisUpdate: clock.at, nextUpdate: clock.at + 86_400 };
    const part = await ca.pki.crl({ crlNumber: 8n, entries: [], distributionPoint: url, freshestCrl: delta, ...usual });
    await ca.recordLists(8, { all, '1': part }, { complete: 'all', at: clock.at });
    await publisher.round();
    const change = await ca.pki.crl({
      ...usual,
      crlNumber: 9n,
      baseNumber: 8n,
      entries: [listed('0c')],
      distributionPoint: url,
    });
    await ca.recordLists(9, { '1-delta': change }, { complete: null, at: clock.at });
    await publisher.round();
    for (const [name, der] of Object.entries({ all, '1': part, '1-delta': change }))
      expect(readFileSync(join(ca.home, `crl/issuing/${name}.crl`))).toEqual(Buffer.from(der));
    expect((await ca.store.crls.newest(ca.pki.ca))?.crlNumber).toBe(8);
    expect((await ca.store.crls.newestMark(ca.pki.ca))?.crlNumber).toBe(9);
  });

  it.each([
    ['a delta in the place of a full CRL', '0', { baseNumber: 5n }],
    ['a full CRL in the place of a delta', '0-delta', {}],
    ['a part in the place of another', '1', { distributionPoint: `${publicUrl}/crl/issuing/2.crl` }],
    ['a part in the place of all', 'all', { distributionPoint: `${publicUrl}/crl/issuing/all.crl` }],
    ['a delta upon a full CRL that is not out', '0-delta', { baseNumber: 7n }],
    ['a list in no place', '../../etc', {}],
  ])('refuses %s', async (_, name, change) => {
    await ca.recordCrl(await crlWith(6n));
    await publisher.round();
    const der = await ca.pki.crl({ crlNumber: 9n, entries: [], thisUpdate: clock.at, ...change });
    await ca.recordLists(9, { [name]: der }, { complete: null, at: clock.at });
    expect((await refusal())?.code).toBe('crlInvalid');
    expect(out()).toBe(6n);
    expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'red' });
  });

  it('refuses a list that a row cut short or spoiled, and keeps the old one', async () => {
    await ca.recordCrl(await crlWith(6n));
    await publisher.round();
    const der = await crlWith(7n, [listed('0a')]);
    await ca.recordLists(7, { '0': der.subarray(0, -1) }, { complete: '0', at: clock.at });
    expect(['crlInvalid', 'derMalformed']).toContain((await refusal())?.code);
    expect(out()).toBe(6n);
  });

  it('puts the same into every folder that it is told, and reads it back there', async () => {
    const copy = join(ca.home, 'mirror');
    await open({ copies: [copy] });
    await ca.recordCrl(await crlWith(1n));
    await publisher.round();
    for (const path of ['crl/issuing/0.crl', 'ca/issuing.cer', 'ca/root.cer'])
      expect(readFileSync(join(copy, path))).toEqual(readFileSync(join(ca.home, path)));
  });

  it('a broken file that is out does not stop the next CRL', async () => {
    await ca.recordCrl(await crlWith(1n));
    await publisher.round();
    writeFileSync(join(ca.home, 'crl/issuing/0.crl'), 'broken');
    await open();
    await publisher.round();
    expect(out()).toBe(1n);
  });
});

describe('rows written by hand', () => {
  beforeEach(async () => {
    await ca.issue('0a');
    await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'keyCompromise', revokedAt: clock.at - 10 });
    await ca.recordCrl(await crlWith(5n, [listed('0a')]));
    await publisher.round();
    expect(out()).toBe(5n);
  });

  it.each([
    ['signed by another key', () => aCrl({ crlNumber: 6n, entries: [listed('0a')] }, ca.pki.issuing, ca.pki.rootKey)],
    ['of another issuer', () => aCrl({ crlNumber: 6n, entries: [listed('0a')] }, ca.pki.root, ca.pki.issuingKey)],
    ['with an older number', () => crlWith(4n, [listed('0a')])],
    ['with the same number', () => crlWith(5n, [listed('0a')], clock.at - 1)],
    ['past its nextUpdate', () => crlWith(6n, [listed('0a')], clock.at - 4 * 86_400)],
    ['from the future', () => crlWith(6n, [listed('0a')], clock.at + 1_000)],
    ['without a certificate that is still revoked', () => crlWith(6n)],
    ['of no form', () => Promise.resolve(Buffer.from('3000', 'hex'))],
  ])('a CRL %s is not published', async (_, crl) => {
    const der = await crl();
    const row = { issuer: ca.pki.ca, this_update: 1, next_update: 2, entries: 0, through_seq: 99, created_at: 1 };
    await ca.database('crls').insert({ ...row, crl_number: 1_000, crl: Buffer.from(der) });
    expect(['crlInvalid', 'derMalformed']).toContain((await refusal())?.code);
    expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'red' });
    expect(out()).toBe(5n);
    expect(publisher.files.of('crl/issuing/0.crl')?.bytes.equals(Buffer.from(der))).toBe(false);
  });

  it('a removed revocation or an added release lets no entry vanish that was revoked for good', async () => {
    await ca.database('status_changes').where({ change: 'revoked' }).delete();
    await ca.change({ serialNumber: '0a', change: 'released' });
    await ca.recordCrl(await crlWith(6n));
    expect((await refusal())?.code).toBe('crlInvalid');
    expect(out()).toBe(5n);
  });

  it('a removed certificate, or an expired one under its number, lets no entry vanish', async () => {
    await ca.database('certificates').delete();
    await ca.recordCrl(await crlWith(6n));
    expect((await refusal())?.code).toBe('crlInvalid');
    await ca.record(await ca.pki.leaf('0b', clock.at - 100), '0a');
    expect((await refusal())?.code).toBe('crlInvalid');
    expect(out()).toBe(5n);
  });

  it('another CA certificate under a published name stops the start', async () => {
    const forger = await aSmallCa();
    await ca
      .database('issuers')
      .where({ name: 'issuing' })
      .update({ certificate: Buffer.from(forger.pki.issuing.der) });
    expect((await refusalFrom(open()))?.code).toBe('crlInvalid');
    const both = { root: forger.pki.root.der, issuing: forger.pki.issuing.der };
    for (const [name, der] of Object.entries(both)) {
      await ca
        .database('issuers')
        .where({ name })
        .update({ certificate: Buffer.from(der) });
    }
    expect((await refusalFrom(open()))?.code).toBe('crlInvalid');
    await forger.close();
    expect(readFileSync(join(ca.home, 'ca/issuing.cer'))).toEqual(Buffer.from(ca.pki.issuing.der));
  });
});

describe('alarms and clocks', () => {
  const detail = async (): Promise<string> => {
    await publisher.round().catch(() => undefined);
    const [told] = await ca.store.states.all();
    return `${told?.state ?? ''} ${told?.detail ?? ''}`;
  };

  it('tells of runs that were missed, of revocations that wait and of files that nobody renews', async () => {
    await ca.recordCrl(await crlWith(1n));
    expect(await detail()).toBe('green published');
    clock.at += 5_400 + 301;
    expect(await detail()).toMatch(/^red .*runs were missed: the newest CRL of issuing is 95 minutes old/);
    await ca.recordCrl(await crlWith(2n));
    await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'superseded', revokedAt: clock.at });
    expect(await detail()).toBe('green published');
    clock.at += 601;
    expect(await detail()).toMatch(/^red .*a revocation has waited 10 minutes/);
    await ca.database('crls').delete();
    clock.at += 86_400;
    expect(await detail()).toMatch(/crl.issuing.0.crl is not renewed/);
    clock.at += 3 * 86_400;
    expect(await detail()).toMatch(/crl.issuing.0.crl is over/);
  });

  it('a delta that nobody renews is told of where the full CRL names it, and not where deltas were given up', async () => {
    const freshestCrl = `${publicUrl}/crl/issuing/0-delta.crl`;
    const usual = { entries: [], thisUpdate: clock.at, nextUpdate: clock.at + 86_400 };
    await ca.recordLists(
      1,
      { '0': await ca.pki.crl({ crlNumber: 1n, ...usual, freshestCrl }) },
      { complete: '0', at: clock.at },
    );
    await publisher.round();
    const delta = await ca.pki.crl({ crlNumber: 2n, baseNumber: 1n, ...usual, nextUpdate: clock.at + 600 });
    const next = { ...usual, nextUpdate: clock.at + 2 * 86_400, freshestCrl };
    await ca.recordLists(
      2,
      { '0': await ca.pki.crl({ crlNumber: 2n, ...next }), '0-delta': delta },
      { complete: '0', at: clock.at },
    );
    expect(await detail()).toBe('green published');
    clock.at += 601;
    expect(await detail()).toMatch(/0-delta.crl is over/);
    await ca.recordLists(3, { '0': await crlWith(3n) }, { complete: '0', at: clock.at });
    expect(await detail()).toBe('green published');
  });

  it('waits by lot before it asks by the timetable, and never until a CRL is overdue', async () => {
    await ca.recordCrl(await crlWith(1n));
    clock.at += 5_390;
    expect(await publisher.untilOverdue()).toBe(10);
    const lots = [0, 0.25, 0.999];
    expect(lots.map(lot => pauseByLot({ jitter: 20, left: 3_600 }, lot))).toEqual([0, 5_000, 19_980]);
    expect(lots.map(lot => pauseByLot({ jitter: 20, left: 10 }, lot))).toEqual([0, 5_000, 10_000]);
    expect(lots.map(lot => pauseByLot({ jitter: 20, left: -1 }, lot))).toEqual([0, 0, 0]);
    const { jitter, overdueAfter } = readPolicies(join(projectRoot, 'policies')).schedule.crl;
    expect(jitter).toBeLessThan(overdueAfter - 3_600);
  });

  it('catches up at its start with a run that nobody was there for', async () => {
    await ca.recordCrl(await crlWith(1n));
    await publisher.catchUp();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(0);
    clock.at += 3_601;
    await publisher.catchUp();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
  });

  it('of two publishers one orders, both publish; the other follows when it is gone', async () => {
    const first = publisher;
    await ca.recordCrl(await crlWith(1n));
    await first.round();
    await open({ name: 'another' });
    await publisher.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(0);
    await ca.recordCrl(await crlWith(2n));
    await Promise.all([first.round(), publisher.round()]);
    expect(out()).toBe(2n);
    clock.at += 31;
    await publisher.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
    await first.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
  });

  it('a clock that goes back lets no older CRL out, and does not stop the next number', async () => {
    const before = clock.at;
    await ca.recordCrl(await crlWith(3n, [], before));
    await publisher.round();
    clock.at -= 86_400;
    await ca.recordCrl(await crlWith(4n, [], before));
    await publisher.round();
    expect(out()).toBe(4n);
    await ca.recordCrl(await crlWith(5n, [], clock.at));
    expect((await refusal())?.code).toBe('crlInvalid');
    expect(out()).toBe(4n);
  });
});
