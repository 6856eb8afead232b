/** RFC 5280 §5: the CRL that is written, as OpenSSL reads it and pkijs encodes it; ours reads back what it wrote and refuses the rest. */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { lintTbsCertList } from '../../ca-core/x509/crl-lint.ts';
import { readAnyCrl, readCrl, verifyCrl } from '../../ca-core/x509/crl.ts';
import { crlReasons, type CrlReason } from '../../ca-core/x509/crl-entries.ts';
import { concat } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { judge, openssl } from '../support/openssl.ts';
import { refusalOf } from '../support/refusal.ts';
import type { SmallPki } from '../support/small-pki.ts';
import { referenceTbs } from './support/pkijs-crl.ts';
import { aCrlGround, entry, now, type CrlGround } from './support/rfc5280-crl-ground.ts';

let ground: CrlGround;
let pki: SmallPki;
beforeAll(async () => {
  ground = await aCrlGround();
  ({ pki } = ground);
});

describe('§5.1 the CRL as OpenSSL reads it', () => {
  it('verifies, with number, key identifier, reasons and invalidity date', async () => {
    const entries = [
      entry('80ff', 'keyCompromise', now - 3600),
      entry('0a', 'certificateHold'),
      entry('7f01', 'unspecified'),
    ];
    const crl = await pki.crl({ entries, crlNumber: 300n });
    const files = { 'crl.der': crl, 'ca.pem': pki.chain };
    const command = 'openssl crl -in crl.der -inform DER -CAfile ca.pem -noout -text 2>&1';
    const text = judge('sh', ['-c', command], files).toString();
    expect(text).toContain('verify OK');
    expect(text).toContain('Version 2 (0x1)');
    expect(text).toMatch(/X509v3 CRL Number:\s+300\n/);
    expect(text).toContain('X509v3 Authority Key Identifier');
    expect(text).toMatch(/Serial Number: 80FF[\s\S]+Key Compromise[\s\S]+Invalidity Date/);
    expect(text).toMatch(/Serial Number: 0A[\s\S]+Certificate Hold/);
    expect(text).not.toContain('Unspecified');
    expect(readCrl(crl).entries).toBeDefined();
    expect(verifyCrl(readCrl(crl), pki.issuing.subjectPublicKeyInfo)).toBe(true);
  });

  it('§5.1.2.6 has no revokedCertificates when nothing is revoked', async () => {
    const crl = await pki.crl({ entries: [] });
    const text = openssl(['crl', '-in', 'crl.der', '-inform', 'DER', '-noout', '-text'], { 'crl.der': crl });
    expect(text).toContain('No Revoked Certificates.');
    expect([...readCrl(crl).entries]).toEqual([]);
  });

  it('§5.1.2.4 writes GeneralizedTime from 2050 on', () => {
    const late = 2_524_608_000;
    const tbs = ground.tbsOf([], { thisUpdate: late - 1, nextUpdate: late });
    expect(Buffer.from(tbs).includes('20500101000000Z')).toBe(true);
    expect(Buffer.from(tbs).includes(Buffer.from('491231235959Z'))).toBe(true);
    expect(Buffer.from(tbs).includes('20491231235959Z')).toBe(false);
  });
});

describe('§5.2.4, §5.2.5, §5.2.6 parts and deltas', () => {
  const url = 'http://crl.example.jp/crl/issuing/3.crl';
  const delta = 'http://crl.example.jp/crl/issuing/3-delta.crl';
  const textOf = (crl: Uint8Array): string =>
    openssl(['crl', '-in', 'crl.der', '-inform', 'DER', '-noout', '-text'], { 'crl.der': crl });

  it('a full CRL of a part names its point critically and its delta', async () => {
    const crl = await pki.crl({ entries: [entry('0a')], distributionPoint: url, freshestCrl: delta });
    expect(textOf(crl)).toMatch(
      /X509v3 Issuing Distribution Point: critical\s+Full Name:\s+URI:http:..crl.example.jp.crl.issuing.3.crl\n/,
    );
    expect(textOf(crl)).toMatch(
      /X509v3 Freshest CRL:\s+Full Name:\s+URI:http:..crl.example.jp.crl.issuing.3-delta.crl\n/,
    );
    expect(readAnyCrl(crl)).toMatchObject({ distributionPoint: url, freshestCrl: delta, baseNumber: null });
    // DistributionPointName of CDP and IDP, byte for byte
    const [cdp, idp] = [extensions.crlDistributionPoints([url]), extensions.issuingDistributionPoint({ url })];
    expect(Buffer.from(crl).includes(Buffer.from(idp))).toBe(true);
    expect(Buffer.from(cdp).includes(Buffer.from(idp).subarray(-url.length - 6))).toBe(true);
  });

  it('a delta says critically with which number it goes', async () => {
    const crl = await pki.crl({ entries: [entry('0a', 'removeFromCRL')], crlNumber: 9n, baseNumber: 300n });
    expect(textOf(crl)).toMatch(/X509v3 Delta CRL Indicator: critical\s+300\n/);
    expect(textOf(crl)).toContain('Remove From CRL');
    expect(readAnyCrl(crl)).toMatchObject({ baseNumber: 300n, crlNumber: 9n });
  });

  it('neither is ever taken for a complete CRL', async () => {
    for (const change of [{ baseNumber: 1n }, { distributionPoint: url }]) {
      const crl = await pki.crl({ entries: [], ...change });
      expect(refusalOf(() => readCrl(crl))?.code).toBe('crlInvalid');
      expect(verifyCrl(readAnyCrl(crl), pki.issuing.subjectPublicKeyInfo)).toBe(true);
    }
  });

  it('reads a list that is larger than its windows', async () => {
    const entries = Array.from({ length: 60_000 }, (_, at) => entry((at + 0x10_00_00_00).toString(16), 'superseded'));
    const crl = readCrl(await pki.crl({ entries }));
    expect(verifyCrl(crl, pki.issuing.subjectPublicKeyInfo)).toBe(true);
    expect([...crl.entries]).toEqual(entries);
    expect(lintTbsCertList(crl.tbs, ground.expectation)).toEqual([]);
  });
});

const serialNumbers = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .filter(bytes => bytes[0] !== 0)
  .map(bytes => Buffer.from(bytes).toString('hex'));
const someEntries = fc.uniqueArray(
  fc.record({
    serialNumber: serialNumbers,
    revokedAt: fc.integer({ min: 0, max: 2_524_607_999 }),
    reason: fc.constantFrom(
      null,
      ...(Object.keys(crlReasons) as CrlReason[]).filter(reason => reason !== 'unspecified'),
    ),
    invalidityDate: fc.constant(null),
  }),
  { selector: one => one.serialNumber, maxLength: 30 },
);

describe('§5.1.2 TBSCertList against the library', () => {
  it('is byte for byte what pkijs encodes', () => {
    fc.assert(
      fc.property(someEntries, fc.bigInt({ min: 0n, max: 2n ** 64n }), (entries, crlNumber) => {
        expect(Buffer.from(ground.tbsOf(entries, { crlNumber }))).toEqual(referenceTbs(pki, entries, crlNumber));
      }),
      { numRuns: 60 },
    );
  });

  it('reads back what it wrote, invalidity dates included', async () => {
    const dated = someEntries.map(entries =>
      entries.map((one, at) => (at % 3 === 0 ? { ...one, invalidityDate: now } : one)),
    );
    await fc.assert(
      fc.asyncProperty(dated, async entries => {
        const read = readCrl(await pki.crl({ entries, crlNumber: 5n }));
        expect([...read.entries]).toEqual(entries);
        expect([...read.entries]).toEqual(entries);
        expect(read.crlNumber).toBe(5n);
      }),
      { numRuns: 30 },
    );
  });

  it('never fails with anything but a refusal on hostile bytes', async () => {
    const crl = await pki.crl({ entries: [entry('80ff', 'keyCompromise', now), entry('0a')] });
    fc.assert(
      fc.property(fc.nat(crl.length - 1), fc.nat(255), fc.nat(3), (at, value, cut) => {
        const spoiled = concat(crl);
        spoiled[at] = value;
        const bytes = spoiled.subarray(0, crl.length - (cut === 3 ? at % 40 : 0));
        const refusal = refusalOf(() => [...readCrl(bytes).entries]);
        if (refusal === undefined && Buffer.compare(bytes, crl) !== 0) {
          expect(verifyCrl(readCrl(bytes), pki.issuing.subjectPublicKeyInfo)).toBe(false);
        }
      }),
      { numRuns: 1_500 },
    );
  });
});
