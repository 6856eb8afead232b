import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bitString, concat, integer, nullValue, oid, sequence } from '../../ca-core/x509/der.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { readPublicKey } from '../../ca-core/x509/public-key.ts';
import { freshModuli } from '../support/fresh-moduli.ts';
import { refusalOf } from '../support/refusal.ts';

const rsaAlgorithm = sequence(oid(oids.rsaEncryption), nullValue());

describe('10,000 fresh keys', () => {
  it('500 of RSA-2048: none is refused', () => {
    const keys = freshModuli().map(modulus =>
      sequence(rsaAlgorithm, bitString(sequence(integer(modulus), integer(65_537)))),
    );
    expect(keys).toHaveLength(500);
    expect(keys.filter(key => refusalOf(() => readPublicKey(key)) !== undefined)).toEqual([]);
  });

  it.each([
    ['P-256', 9_000],
    ['P-384', 500],
  ])('of %s: none is refused', (namedCurve, count) => {
    let refused = 0;
    for (let at = 0; at < count; at++) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve });
      const key = concat(publicKey.export({ format: 'der', type: 'spki' }));
      if (refusalOf(() => readPublicKey(key)) !== undefined) refused += 1;
    }
    expect(refused).toBe(0);
  });
});
