/** What the CRL publisher puts out: CA certificates, full lists, parts and deltas, each in its place, and nothing else there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicUrl } from '../support/a-publisher.ts';
import { judge } from '../support/openssl.ts';
import type { SmallCa } from '../support/small-ca.ts';
import { aCrl } from '../support/small-pki.ts';
import { aPublisherAtWork, type APublisherAtWork } from './support/a-publisher-at-work.ts';

let work: APublisherAtWork;
let ca: SmallCa;
let clock: APublisherAtWork['clock'];
beforeEach(async () => {
  work = await aPublisherAtWork();
  ({ ca, clock } = work);
});
afterEach(() => work.close());

describe('publishing', () => {
  it('puts CA certificates and CRLs that OpenSSL verifies, and serves what is on the disk', async () => {
    await ca.recordCrl(await work.crlWith(1n, [work.listed('0a')]));
    await work.publisher.round();
    const files = { 'crl.der': readFileSync(join(ca.home, 'crl/issuing/0.crl')), 'chain.pem': ca.pki.chain };
    const command = 'openssl crl -in crl.der -inform DER -CAfile chain.pem -noout 2>&1';
    expect(judge('sh', ['-c', command], files).toString()).toContain('verify OK');
    expect(readFileSync(join(ca.home, 'ca/issuing.cer'))).toEqual(Buffer.from(ca.pki.issuing.der));
    expect(work.publisher.files.of('ca/root.cer')?.bytes).toEqual(Buffer.from(ca.pki.root.der));
    expect(work.publisher.files.of('crl/issuing/0.crl')?.bytes).toEqual(files['crl.der']);
    expect(readdirSync(join(ca.home, 'crl/issuing'))).toEqual(['0.crl']);
    expect(work.publisher.isOut()).toBe(true);
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
    await work.publisher.round();
    expect(readFileSync(join(ca.home, 'crl/root.crl'))).toEqual(Buffer.from(crl));
  });

  it('wakes the CA core for a change once, by the timetable each time, and not without a reason', async () => {
    await ca.recordCrl(await work.crlWith(1n));
    await work.publisher.round();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(0);
    await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'superseded', revokedAt: clock.at });
    await work.publisher.round();
    await work.publisher.round();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
    await work.publisher.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(2);
  });

  it('says so when what can be fetched is not what was put', async () => {
    await ca.recordCrl(await work.crlWith(1n));
    work.address.fetchPublic = () => Promise.resolve(new Uint8Array(3));
    expect((await work.refusal())?.code).toBe('crlInvalid');
    expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'red' });
    work.address.fetchPublic = path => Promise.resolve(readFileSync(ca.home + path));
    await work.publisher.round();
    expect((await ca.store.states.all())[0]?.state).toBe('green');
  });

  it('lets a cache repeat the list before for its minute, and no longer', async () => {
    const before = await work.crlWith(1n);
    await ca.recordCrl(before);
    await work.publisher.round();
    await ca.recordCrl(await work.crlWith(2n));
    work.address.fetchPublic = path =>
      Promise.resolve(path.startsWith('/crl/issuing/') ? before : readFileSync(ca.home + path));
    await work.publisher.round();
    clock.at += 60;
    await ca.recordCrl(await work.crlWith(3n));
    await work.publisher.round();
    clock.at += 30;
    expect((await work.refusal())?.values).toMatchObject({ reason: 'what can be fetched is not what was put' });
    work.address.fetchPublic = path => Promise.resolve(readFileSync(ca.home + path));
    await work.publisher.round();
    expect(work.out()).toBe(3n);
  });

  it('an entry may leave when its certificate had expired, or was released from hold', async () => {
    await ca.issue('0a', clock.at - 100);
    await ca.issue('0b');
    await ca.recordCrl(await work.crlWith(1n, [work.listed('0a'), work.listed('0b', 'certificateHold')]));
    await work.publisher.round();
    await ca.change({ serialNumber: '0b', change: 'released' });
    await ca.recordCrl(await work.crlWith(2n));
    await work.publisher.round();
    expect(work.out()).toBe(2n);
  });

  it('publishes full lists, parts and deltas of one number, each in its place', async () => {
    const [url, delta] = [`${publicUrl}/crl/issuing/1.crl`, `${publicUrl}/crl/issuing/1-delta.crl`];
    const all = await work.crlWith(8n, [work.listed('0a'), work.listed('0b')]);
    const usual = { thisUpdate: clock.at, nextUpdate: clock.at + 86_400 };
    const part = await ca.pki.crl({ crlNumber: 8n, entries: [], distributionPoint: url, freshestCrl: delta, ...usual });
    await ca.recordLists(8, { all, '1': part }, { complete: 'all', at: clock.at });
    await work.publisher.round();
    const change = await ca.pki.crl({
      ...usual,
      crlNumber: 9n,
      baseNumber: 8n,
      entries: [work.listed('0c')],
      distributionPoint: url,
    });
    await ca.recordLists(9, { '1-delta': change }, { complete: null, at: clock.at });
    await work.publisher.round();
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
    await ca.recordCrl(await work.crlWith(6n));
    await work.publisher.round();
    const der = await ca.pki.crl({ crlNumber: 9n, entries: [], thisUpdate: clock.at, ...change });
    await ca.recordLists(9, { [name]: der }, { complete: null, at: clock.at });
    expect((await work.refusal())?.code).toBe('crlInvalid');
    expect(work.out()).toBe(6n);
    expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'red' });
  });

  it('refuses a list that a row cut short or spoiled, and keeps the old one', async () => {
    await ca.recordCrl(await work.crlWith(6n));
    await work.publisher.round();
    const der = await work.crlWith(7n, [work.listed('0a')]);
    await ca.recordLists(7, { '0': der.subarray(0, -1) }, { complete: '0', at: clock.at });
    expect(['crlInvalid', 'derMalformed']).toContain((await work.refusal())?.code);
    expect(work.out()).toBe(6n);
  });

  it('puts the same into every folder that it is told, and reads it back there', async () => {
    const copy = join(ca.home, 'mirror');
    await work.open({ copies: [copy] });
    await ca.recordCrl(await work.crlWith(1n));
    await work.publisher.round();
    for (const path of ['crl/issuing/0.crl', 'ca/issuing.cer', 'ca/root.cer'])
      expect(readFileSync(join(copy, path))).toEqual(readFileSync(join(ca.home, path)));
  });

  it('a broken file that is out does not stop the next CRL', async () => {
    await ca.recordCrl(await work.crlWith(1n));
    await work.publisher.round();
    writeFileSync(join(ca.home, 'crl/issuing/0.crl'), 'broken');
    await work.open();
    await work.publisher.round();
    expect(work.out()).toBe(1n);
  });
});
