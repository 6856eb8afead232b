import { checkPrimeSync, createHash, generateKeyPairSync, generatePrimeSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bitString, concat, integer, nullValue, oid, sequence, type Der } from '../../ca-core/x509/der.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { keyIdentifier, readPublicKey } from '../../ca-core/x509/public-key.ts';
import { rsaWeakness } from '../../ca-core/x509/rsa-weakness.ts';
import { ecKey } from '../support/certificates.ts';
import { refusalOf } from '../support/refusal.ts';

const rsaSpki = (modulusLength: number, publicExponent = 65_537): Der =>
  concat(
    generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'der', type: 'spki' }),
  );
const rsaSpkiOf = (modulus: bigint, exponent = 65_537n): Der =>
  sequence(sequence(oid(oids.rsaEncryption), nullValue()), bitString(sequence(integer(modulus), integer(exponent))));
const reasonOf = (spki: Uint8Array): unknown => refusalOf(() => readPublicKey(spki))?.values.reason;
/** The integer square root, by bisection: slow and plain. */
function rootOf(value: bigint): bigint {
  let [low, high] = [0n, 1n << BigInt(value.toString(2).length)];
  while (high - low > 1n) {
    const half = (low + high) / 2n;
    if (half * half <= value) low = half;
    else high = half;
  }
  return low;
}
const bigPrime = (size: number): bigint => generatePrimeSync(size, { bigint: true });

describe('a subject key', () => {
  it('is RSA of 2048 to 4096 bits or a point on P-256 or P-384', () => {
    expect(readPublicKey(rsaSpki(2048))).toEqual({ algorithm: 'rsa-2048', bits: 2048, family: 'rsa' });
    expect(readPublicKey(ecKey('P-256').spki)).toEqual({ algorithm: 'p-256', bits: 256, family: 'ec' });
    expect(readPublicKey(ecKey('P-384').spki)).toEqual({ algorithm: 'p-384', bits: 384, family: 'ec' });
  });

  it('is refused below the bounds', () => {
    expect(reasonOf(rsaSpki(1024))).toBe('size');
    expect(reasonOf(rsaSpki(2048, 3))).toBe('exponent');
    expect(reasonOf(ecKey('P-521').spki)).toBe('curve');
    expect(reasonOf(ecKey('secp256k1').spki)).toBe('curve');
    expect(reasonOf(concat(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })))).toBe(
      'algorithm',
    );
    expect(reasonOf(Uint8Array.of(0x30, 0x00))).toBe('encoding');
  });

  it('is refused when the point is not on the curve, or is compressed', () => {
    const { spki } = ecKey();
    const offCurve = concat(spki);
    offCurve[offCurve.length - 1] = (offCurve.at(-1) ?? 0) ^ 1;
    expect(reasonOf(offCurve)).toBe('point');
    const algorithm = sequence(oid(oids.ecPublicKey), oid(oids.secp256r1));
    expect(reasonOf(sequence(algorithm, bitString(concat(Uint8Array.of(2), spki.slice(-64, -32)))))).toBe('point');
    expect(reasonOf(sequence(algorithm, bitString(Uint8Array.of(0))))).toBe('point');
  });

  it('is refused with trailing octets or other parameters', () => {
    const { spki } = ecKey();
    expect(reasonOf(concat(spki, Uint8Array.of(0)))).toBe('encoding');
    expect(reasonOf(sequence(sequence(oid(oids.rsaEncryption)), bitString(sequence(integer(1), integer(1)))))).toBe(
      'encoding',
    );
  });

  it('is refused when its modulus is even, has a small factor or two factors close together', () => {
    const factor = bigPrime(1024);
    let next = factor + 2n;
    while (!checkPrimeSync(next)) next += 2n;
    expect(reasonOf(rsaSpkiOf(factor * next))).toBe('modulusCloseFactors');
    expect(reasonOf(rsaSpkiOf((1n << 2047n) + 2n))).toBe('modulusEven');
    const smooth = ((1n << 2047n) / 751n + 1n) * 751n;
    expect(reasonOf(rsaSpkiOf(smooth % 2n === 0n ? smooth + 751n : smooth))).toBe('modulusSmallFactor');
  });

  it('is refused when Fermat needs up to 100 rounds for its factors', () => {
    const middle = bigPrime(1024) | (1n << 1023n);
    /** middle² − d² whose factors Fermat finds after so many rounds, without small factors and not of ROCA's form. */
    const withRounds = (rounds: bigint): bigint => {
      for (let extra = 0n; ; extra += 1n) {
        const difference = rootOf(2n * middle * rounds) + extra;
        const modulus = middle ** 2n - difference ** 2n;
        if (rsaWeakness(modulus) !== 'modulusSmallFactor' && modulus % 2n === 1n) return modulus;
      }
    };
    for (const rounds of [1n, 50n, 99n]) expect(rsaWeakness(withRounds(rounds))).toBe('modulusCloseFactors');
    expect(rsaWeakness(withRounds(110n))).toBeUndefined();
    expect(rsaWeakness(bigPrime(1024) ** 2n)).toBe('modulusCloseFactors');
  });

  it('is refused when its modulus has the form of CVE-2017-15361', () => {
    const primes = Array.from({ length: 700 }, (_, index) => index + 2).filter(number =>
      Array.from({ length: number - 2 }, (_, at) => at + 2).every(divisor => number % divisor !== 0),
    );
    const product = primes.reduce((all, prime) => all * BigInt(prime), 1n);
    const power = Array.from(randomBytes(64)).reduce(
      (value, octet) => (value * 65_537n ** BigInt(octet + 1)) % product,
      1n,
    );
    const smallest = (1n << 2047n) / product + 1n;
    const candidates = Array.from({ length: 100 }, (_, index) => (smallest + BigInt(index)) * product + power);
    const weaknesses = candidates.map(rsaWeakness);
    expect(weaknesses).toContain('modulusRoca');
    expect(new Set(weaknesses).size).toBeLessThanOrEqual(2);
  });

  it('is identified by the SHA-1 of its bits', () => {
    const { spki } = ecKey();
    expect(Buffer.from(keyIdentifier(spki))).toEqual(createHash('sha1').update(spki.slice(-65)).digest());
  });
});
