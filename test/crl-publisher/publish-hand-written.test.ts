/** Rows that another hand wrote get no CRL out, and let no revocation vanish from the one that is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusalFrom } from '../support/refusal.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
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

describe('rows written by hand', () => {
  beforeEach(async () => {
    await ca.issue('0a');
    await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'keyCompromise', revokedAt: clock.at - 10 });
    await ca.recordCrl(await work.crlWith(5n, [work.listed('0a')]));
    await work.publisher.round();
    expect(work.out()).toBe(5n);
  });

  it.each([
    [
      'signed by another key',
      () => aCrl({ crlNumber: 6n, entries: [work.listed('0a')] }, ca.pki.issuing, ca.pki.rootKey),
    ],
    ['of another issuer', () => aCrl({ crlNumber: 6n, entries: [work.listed('0a')] }, ca.pki.root, ca.pki.issuingKey)],
    ['with an older number', () => work.crlWith(4n, [work.listed('0a')])],
    ['with the same number', () => work.crlWith(5n, [work.listed('0a')], clock.at - 1)],
    ['past its nextUpdate', () => work.crlWith(6n, [work.listed('0a')], clock.at - 4 * 86_400)],
    ['from the future', () => work.crlWith(6n, [work.listed('0a')], clock.at + 1_000)],
    ['without a certificate that is still revoked', () => work.crlWith(6n)],
    ['of no form', () => Promise.resolve(Buffer.from('3000', 'hex'))],
  ])('a CRL %s is not published', async (_, crl) => {
    const der = await crl();
    const row = { issuer: ca.pki.ca, this_update: 1, next_update: 2, entries: 0, through_seq: 99, created_at: 1 };
    await ca.database('crls').insert({ ...row, crl_number: 1_000, crl: Buffer.from(der) });
    expect(['crlInvalid', 'derMalformed']).toContain((await work.refusal())?.code);
    expect((await ca.store.states.all())[0]).toMatchObject({ service: 'crl-publisher', state: 'red' });
    expect(work.out()).toBe(5n);
    expect(work.publisher.files.of('crl/issuing/0.crl')?.bytes.equals(Buffer.from(der))).toBe(false);
  });

  it('a removed revocation or an added release lets no entry vanish that was revoked for good', async () => {
    await ca.database('status_changes').where({ change: 'revoked' }).delete();
    await ca.change({ serialNumber: '0a', change: 'released' });
    await ca.recordCrl(await work.crlWith(6n));
    expect((await work.refusal())?.code).toBe('crlInvalid');
    expect(work.out()).toBe(5n);
  });

  it('a removed certificate, or an expired one under its number, lets no entry vanish', async () => {
    await ca.database('certificates').delete();
    await ca.recordCrl(await work.crlWith(6n));
    expect((await work.refusal())?.code).toBe('crlInvalid');
    await ca.record(await ca.pki.leaf('0b', clock.at - 100), '0a');
    expect((await work.refusal())?.code).toBe('crlInvalid');
    expect(work.out()).toBe(5n);
  });

  it('another CA certificate under a published name stops the start', async () => {
    const forger = await aSmallCa();
    await ca
      .database('issuers')
      .where({ name: 'issuing' })
      .update({ certificate: Buffer.from(forger.pki.issuing.der) });
    expect((await refusalFrom(work.open()))?.code).toBe('crlInvalid');
    const both = { root: forger.pki.root.der, issuing: forger.pki.issuing.der };
    for (const [name, der] of Object.entries(both)) {
      await ca
        .database('issuers')
        .where({ name })
        .update({ certificate: Buffer.from(der) });
    }
    expect((await refusalFrom(work.open()))?.code).toBe('crlInvalid');
    await forger.close();
    expect(readFileSync(join(ca.home, 'ca/issuing.cer'))).toEqual(Buffer.from(ca.pki.issuing.der));
  });
});
