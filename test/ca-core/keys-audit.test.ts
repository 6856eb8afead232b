import { createPrivateKey, generatePrimeSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SubjectKey } from '../../ca-core/approvals/documents.ts';
import { auditKeys, type KeysAudit } from '../../ca-core/keys-audit.ts';
import { storedLines } from '../../ca-core/audit/live-log.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import { lastOccurrence } from '../../ca-core/nightly.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { blocklistLineOf } from '../../ca-core/profiles/known-keys.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
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

async function serialNumberFor(subjectKey: SubjectKey, [ca, open] = [platform, core]): Promise<string> {
  const document = ca.aCase({ subjectKey });
  await ca.approve(document);
  await settle(open);
  return (await ca.store.certificates.ofCase(document.caseId))?.serialNumber ?? 'none';
}

async function audit(weakKeys = new Set<string>(), now = platform.clock.now()): Promise<KeysAudit> {
  const { certificates, status } = platform.store;
  const walk = auditKeys({ certificates, status, issuers: [platform.ca], policies: { weakKeys }, now });
  for (;;) {
    const step = await walk.next();
    if (step.done === true) return step.value;
  }
}

describe('the audit of all keys', () => {
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
      isRevoked: false,
    });
    expect((await audit(undefined, platform.clock.now() + 800 * 86_400)).certificates).toBe(0);
  });
});

describe('the CA core looks at all keys every night', () => {
  const clock = aClock();
  let ca: ACa;
  let open: OpenCa;
  const serialNumbers: string[] = [];

  beforeAll(async () => {
    ca = await aCa({ clock });
    // A minute past noon in Japan.
    clock.pass(lastOccurrence('12:01', clock.now()) - clock.now());
    open = await ca.open();
    await settle(open);
    const shared = primeOfHalf();
    for (const q of [primeOfHalf(), primeOfHalf()])
      serialNumbers.push(await serialNumberFor(requestFor(keyOf(shared, q)), [ca, open]));
    serialNumbers.sort();
  });
  afterAll(async () => {
    await open.close();
    await ca.end();
  });

  const eventsOf = async (action: string) => {
    const found = [];
    for await (const { leaf } of storedLines(ca.store.audit)) found.push(eventOf(leaf));
    return found.filter(event => event?.action === action);
  };
  const state = async () => (await ca.store.states.all()).find(({ service }) => service === 'keys-audit');
  const restart = async (): Promise<void> => {
    await open.close();
    open = await ca.open();
    await settle(open);
  };

  it('not before its time, and not because it was started again', async () => {
    clock.pass(14 * 3600);
    await restart();
    expect(await state()).toBeUndefined();
    expect(await eventsOf('keys.audited')).toEqual([]);
  });

  it('a shared prime makes the state red and stands in the audit log, once, whatever is started again', async () => {
    clock.pass(30 * 60);
    await settle(open);
    expect(await state()).toMatchObject({ state: 'red', seenAt: clock.now() });
    expect((await state())?.detail).toContain(serialNumbers.join(' '));
    clock.pass(3600);
    await restart();
    const details = {
      certificates: '2',
      moduli: '2',
      weak: '2',
      unreadable: '0',
      serialNumbers: serialNumbers.join(' '),
    };
    expect(await eventsOf('keys.audited')).toMatchObject([{ actor: 'ca-core', details }]);
  });

  it('as soon as the CA core runs, where it did not run at that time; revoked certificates are no alarm', async () => {
    for (const serialNumber of serialNumbers) {
      const about = { kind: 'revocation', version: 1, ca: ca.ca, invalidityDate: null } as const;
      const requestedAt = clock.now();
      await ca.approve({ ...about, serialNumber, reason: 'keyCompromise', requestedAt }, [ca.officers[0]]);
    }
    await settle(open);
    await open.close();
    clock.pass(86_400);
    open = await ca.open();
    await settle(open);
    expect(await state()).toMatchObject({ state: 'green', seenAt: clock.now() });
    expect(await eventsOf('keys.audited')).toHaveLength(2);
  });

  it('a row that is no certificate is named, and keeps no other from being looked at', async () => {
    const [first = ''] = serialNumbers;
    await ca
      .database('certificates')
      .where({ serial_number: first })
      .update({ certificate: Buffer.from('nonsense') });
    clock.pass(86_400);
    await settle(open);
    expect(await state()).toMatchObject({ state: 'red', detail: expect.stringContaining(first) as string });
    expect((await eventsOf('keys.audited')).at(-1)).toMatchObject({ details: { certificates: '2', unreadable: '1' } });
  });

  it.each([
    ['02:30', '2026-04-01T17:30:00Z', '2026-04-01T17:30:00Z'],
    ['02:30', '2026-04-01T17:29:59Z', '2026-03-31T17:30:00Z'],
    ['23:59', '2026-04-01T15:00:00Z', '2026-04-01T14:59:00Z'],
    ['00:00', '2026-04-01T14:59:59Z', '2026-03-31T15:00:00Z'],
  ])('%s in Japan was, at %s, last at %s', (time, now, then) => {
    expect(lastOccurrence(time, Date.parse(now) / 1000)).toBe(Date.parse(then) / 1000);
  });
});
