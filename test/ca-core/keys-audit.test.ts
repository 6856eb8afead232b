import { createPrivateKey, generatePrimeSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SubjectKey } from '../../ca-core/approvals/documents.ts';
import { auditKeys, type KeysAudit } from '../../ca-core/keys-audit.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { blocklistLineOf } from '../../ca-core/profiles/known-keys.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { opensslBytes } from '../support/openssl.ts';

let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
});

afterAll(async () => {
  await core.close();
  await platform.end();
});

const exponent = 65_537n;
const base64url = (number: bigint): string => {
  const digits = number.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
};

function inverseOf(number: bigint, modulus: bigint): bigint {
  let [r, next, t, nextT] = [modulus, number % modulus, 0n, 1n];
  while (next !== 0n) [r, next, t, nextT] = [next, r % next, nextT, t - (r / next) * nextT];
  return ((t % modulus) + modulus) % modulus;
}

/** An RSA key of two given primes. */
function keyOf(p: bigint, q: bigint): KeyObject {
  const d = inverseOf(exponent, (p - 1n) * (q - 1n));
  const parts = { n: p * q, e: exponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverseOf(q, p) };
  const key = Object.fromEntries(Object.entries(parts).map(([name, number]) => [name, base64url(number)]));
  return createPrivateKey({ key: { kty: 'RSA', ...key }, format: 'jwk' });
}

/** A prime whose product with another of its kind has 2048 bits. */
function primeOfHalf(): bigint {
  for (;;) {
    const prime = generatePrimeSync(1024, { bigint: true });
    if (prime >> 1022n === 3n && (prime - 1n) % exponent !== 0n) return prime;
  }
}

function requestFor(key: KeyObject): SubjectKey {
  const pem = key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const der = opensslBytes(['req', '-new', '-key', 'k', '-subj', '/CN=x', '-outform', 'DER'], { k: pem });
  const { subjectPublicKeyInfo } = readCertificationRequest(new Uint8Array(der));
  return { from: 'csr', subjectPublicKeyInfo: toHex(subjectPublicKeyInfo), certificationRequest: der.toString('hex') };
}

async function serialNumberFor(subjectKey: SubjectKey): Promise<string> {
  const document = platform.aCase({ subjectKey });
  await platform.approve(document);
  await settle(core);
  return (await platform.store.certificates.ofCase(document.caseId))?.serialNumber ?? 'none';
}

const audit = (weakKeys = new Set<string>(), now = platform.clock.now()): Promise<KeysAudit> =>
  auditKeys({ certificates: platform.store.certificates, issuers: [platform.ca], policies: { weakKeys }, now });

describe('the nightly audit of keys', () => {
  it('finds the certificates whose keys share a prime, and those that a new list names', async () => {
    const shared = primeOfHalf();
    const [q, r] = [primeOfHalf(), primeOfHalf()];
    await serialNumberFor(aRequestedKey());
    await serialNumberFor(aRequestedKey(['rsa:2048']));
    expect((await audit()).found).toEqual([]);
    const one = await serialNumberFor(requestFor(keyOf(shared, q)));
    const other = await serialNumberFor(requestFor(keyOf(shared, r)));
    const { certificates, moduli, found } = await audit();
    expect({ certificates, moduli }).toEqual({ certificates: 4, moduli: 3 });
    expect(found.map(({ serialNumber, weakness, sharedWith }) => [serialNumber, weakness, ...sharedWith])).toEqual(
      [
        [one, 'sharedPrime', other],
        [other, 'sharedPrime', one],
      ].toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    );
    const listed = await audit(new Set([blocklistLineOf(shared * q)]));
    expect(listed.found).toContainEqual({
      issuer: platform.ca,
      serialNumber: one,
      weakness: 'blocklisted',
      sharedWith: [],
    });
    expect((await audit(undefined, platform.clock.now() + 800 * 86_400)).certificates).toBe(0);
  });
});
