/** RFC 5280 §5: what the lint of a TBSCertList finds, each field spoiled by itself, and nothing in a good one. */
import { beforeAll, describe, expect, it } from 'vitest';
import { lintTbsCertList } from '../../ca-core/x509/crl-lint.ts';
import { fromHex } from '../../ca-core/x509/der.ts';
import { refusalOf } from '../support/refusal.ts';
import { aCrlGround, entry, now, type CrlGround } from './support/rfc5280-crl-ground.ts';

let ground: CrlGround;
beforeAll(async () => {
  ground = await aCrlGround();
});

describe('§5 lint', () => {
  it('finds nothing in a good list', () => {
    expect(
      lintTbsCertList(ground.tbsOf([entry('0a', 'superseded')]), { ...ground.expectation, previousNumber: 6n, now }),
    ).toEqual([]);
  });

  it.each([
    ['§5.2.3 a number that does not rise', {}, { previousNumber: 7n }, 'cRLNumber'],
    ['§5.1.2.5 nextUpdate before thisUpdate', { nextUpdate: now - 1 }, {}, 'nextUpdate'],
    ['§5.1.2.4 thisUpdate in the future', { thisUpdate: now + 100 }, { now }, 'thisUpdate'],
    ['§5.3.1 removeFromCRL in a full CRL', { entries: [entry('0a', 'removeFromCRL')] }, {}, 'reasonCode'],
    ['§5.1.2.6 a serial number twice', { entries: [entry('0a'), entry('0a')] }, {}, 'userCertificate'],
    [
      '§5.1.2.6 a revocation in the future',
      { entries: [{ ...entry('0a'), revokedAt: now + 100 }] },
      {},
      'revocationDate',
    ],
    ['§5.2.1 another key identifier', { authorityKeyIdentifier: new Uint8Array(20) }, {}, 'authorityKeyIdentifier'],
  ])('%s', (_, change, expected, field) => {
    const violations = lintTbsCertList(ground.tbsOf([], change), { ...ground.expectation, ...expected });
    expect(violations.map(violation => violation.field)).toEqual([field]);
  });

  it('§5.1.2.3 finds another issuer', () => {
    const violations = lintTbsCertList(ground.tbsOf([], { issuer: ground.pki.root.subject }), ground.expectation);
    expect(violations.map(({ field }) => field)).toEqual(['issuer']);
  });

  it('§5.2 refuses an extension it does not know', () => {
    const spoiled = Buffer.from(ground.tbsOf([])).toString('hex').replace('0603551d14', '0603551d1b');
    expect(lintTbsCertList(fromHex(spoiled), ground.expectation)).toHaveLength(1);
  });

  it.each([
    ['§5.2.5 a part where all is meant', { distributionPoint: 'http://c.jp/0.crl' }, {}, 'issuingDistributionPoint'],
    [
      '§5.2.5 another distribution point',
      { distributionPoint: 'http://c.jp/0.crl' },
      { scope: { distributionPoint: 'http://c.jp/1.crl', kind: 'full' as const } },
      'issuingDistributionPoint',
    ],
    ['§5.2.4 a delta where a full CRL is meant', { baseNumber: 1n }, {}, 'deltaCRLIndicator'],
    [
      '§5.2.4 a delta upon what is not earlier',
      { baseNumber: 7n },
      { scope: { distributionPoint: null, kind: 'delta' as const } },
      'deltaCRLIndicator',
    ],
    [
      '§5.2.6 a delta that names a delta',
      { baseNumber: 1n, freshestCrl: 'http://c.jp/0-delta.crl' },
      { scope: { distributionPoint: null, kind: 'delta' as const } },
      'deltaCRLIndicator',
    ],
  ])('%s', (_, change, expected, field) => {
    const violations = lintTbsCertList(ground.tbsOf([], change), { ...ground.expectation, ...expected });
    expect(violations.map(violation => violation.field)).toEqual([field]);
  });

  it('§5.3.1 allows removeFromCRL in a delta', () => {
    const scope = { distributionPoint: null, kind: 'delta' as const };
    const tbs = ground.tbsOf([entry('0a', 'removeFromCRL')], { baseNumber: 3n });
    expect(lintTbsCertList(tbs, { ...ground.expectation, scope })).toEqual([]);
  });

  it('§5.3 refuses an impossible serial number', () => {
    for (const serialNumber of ['', '00', '0001', 'F0', '1'.repeat(42), '123']) {
      expect(refusalOf(() => ground.tbsOf([entry(serialNumber)]))?.code).toBe('crlInvalid');
    }
  });
});
