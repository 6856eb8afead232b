import { describe, expect, it } from 'vitest';
import { encodeTbsCertList, type TbsCertListInput } from '../../ca-core/x509/crl.ts';
import type { CrlEntry } from '../../ca-core/x509/crl-entries.ts';
import { crlRules, lintTbsCertList, type CrlExpectation } from '../../ca-core/x509/crl-lint.ts';
import {
  concat,
  generalizedTime,
  integer,
  sequence,
  time,
  enumerated,
  octetString,
  oid,
} from '../../ca-core/x509/der.ts';
import type { Der } from '../../ca-core/x509/der.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { elementsOf } from '../../ca-core/x509/tlv-cursor.ts';
import { rootName, subscriberName } from '../support/certificates.ts';

const now = 1_795_316_400;
const good: TbsCertListInput = {
  issuer: rootName,
  signatureAlgorithm: 'ecdsa-with-SHA256',
  thisUpdate: now,
  nextUpdate: now + 3600,
  entries: [],
  crlNumber: 7n,
  authorityKeyIdentifier: new Uint8Array(20).fill(7),
};
const expected: CrlExpectation = {
  issuer: rootName,
  authorityKeyIdentifier: good.authorityKeyIdentifier,
  previousNumber: 6n,
  now,
};
const entry: CrlEntry = { serialNumber: '0a', revokedAt: now, reason: null, invalidityDate: null };

const listOf = (change: Partial<TbsCertListInput>): Der => encodeTbsCertList({ ...good, ...change });

/** The good list with one of its elements replaced, or one put before another. */
function withElement(at: number, ...instead: Uint8Array[]): Der {
  const elements = elementsOf(listOf({ entries: [entry] }), 0x30);
  return sequence(...elements.flatMap((element, index) => (index === at ? instead : [element])));
}

const unspecified = sequence(
  sequence(integer(10), time(now), sequence(sequence(oid(oids.reasonCode), octetString(enumerated(0))))),
);

const cases: Readonly<Record<string, Der>> = {
  crlForm: concat(listOf({}), Uint8Array.of(0)),
  crlTimeForm: withElement(3, generalizedTime(now)),
  crlNextUpdate: listOf({ nextUpdate: now }),
  crlThisUpdate: listOf({ thisUpdate: now + 1 }),
  crlIssuer: listOf({ issuer: subscriberName }),
  crlIssuerKey: listOf({ authorityKeyIdentifier: new Uint8Array(20) }),
  crlNumber: listOf({ crlNumber: 6n }),
  crlScope: listOf({ distributionPoint: 'http://localhost/0.crl' }),
  crlEntryTwice: listOf({ entries: [entry, entry] }),
  crlEntryReason: withElement(5, unspecified),
  crlEntryDate: listOf({ entries: [{ ...entry, revokedAt: now + 1 }] }),
};

describe('each rule alone', () => {
  it.each(Object.entries(cases))('%s', (id, tbs) => {
    expect(lintTbsCertList(tbs, expected).map(({ rule }) => rule)).toEqual([id]);
  });

  it('refuses nothing good, and none is without its list', () => {
    expect(lintTbsCertList(listOf({ entries: [entry] }), expected)).toEqual([]);
    expect(lintTbsCertList(listOf({ entries: [{ ...entry, reason: 'removeFromCRL' }] }), expected)).toEqual([
      { rule: 'crlEntryReason', field: 'reasonCode', found: '8 of 0a' },
    ]);
    expect(Object.keys(cases).toSorted()).toEqual(crlRules.map(({ id }) => id).toSorted());
  });
});
