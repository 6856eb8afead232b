import { generatePrimeSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sharedFactors } from '../../ca-core/x509/shared-factors.ts';
import { freshModuli } from '../support/fresh-moduli.ts';

function found(moduli: readonly bigint[], chunk: number): Record<string, bigint> {
  const walk = sharedFactors(moduli, chunk);
  for (;;) {
    const step = walk.next();
    if (step.done === true) return Object.fromEntries(Array.from(step.value, ([n, divisor]) => [String(n), divisor]));
  }
}

const prime = (): bigint => generatePrimeSync(1024, { bigint: true });

describe('moduli of honest keys', () => {
  it('share nothing, in whatever chunks', () => {
    const moduli = freshModuli();
    expect(moduli).toHaveLength(500);
    for (const chunk of [500, 70]) expect(found(moduli, chunk)).toEqual({});
  });

  it('are no accident when they are the same: a key that was certified again', () => {
    const [modulus = 1n] = freshModuli();
    expect(found([modulus, modulus], 1)).toEqual({});
  });

  it('may be one, or none', () => {
    expect(found(freshModuli().slice(0, 1), 10)).toEqual({});
    expect(found([], 10)).toEqual({});
  });
});

describe('primes planted in two moduli', () => {
  const [a, b, c, d, e] = [prime(), prime(), prime(), prime(), prime()];
  const planted = [a * b, a * c, d * b, e * prime()];
  const expected = { [String(a * b)]: a * b, [String(a * c)]: a, [String(d * b)]: b };
  const among = freshModuli().slice(0, 120);

  it.each([
    ['of one chunk', [...planted, ...among], 200],
    ['of several chunks', [planted[0] ?? 1n, ...among.slice(0, 50), ...planted.slice(1), ...among.slice(50)], 20],
    ['each in a chunk of its own', [...planted, ...among.slice(0, 5)], 1],
  ])('%s are found, with what each has in common', (_, moduli, chunk) =>
    expect(found(moduli, chunk)).toEqual(expected),
  );
});
