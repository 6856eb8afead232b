import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Assertion,
  type AssertionCheck,
  readAssertion,
  verifyAssertion,
} from '../../ca-core/approvals/assertion.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';

const relyingParty = { rpId: 'approve.localhost', origin: 'http://approve.localhost:8083' };
const challenge = createHash('sha256').update('what was seen').digest();

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });

interface Spoiled {
  readonly clientData?: Record<string, unknown>;
  readonly rpId?: string;
  readonly flags?: number;
  readonly trailing?: Buffer;
  readonly hash?: string | null;
}

/** What a real authenticator would sign, with one thing different from what was asked. */
function asserted(
  privateKey: KeyObject,
  { clientData, rpId, flags, trailing, hash = 'sha256' }: Spoiled = {},
): Assertion {
  const asked = { type: 'webauthn.get', challenge: challenge.toString('base64url'), origin: relyingParty.origin };
  const json = Buffer.from(JSON.stringify({ ...asked, crossOrigin: false, ...clientData }));
  const rpIdHash = createHash('sha256')
    .update(rpId ?? relyingParty.rpId)
    .digest();
  const data = Buffer.concat([rpIdHash, Buffer.from([flags ?? 0x05, 0, 0, 0, 1]), trailing ?? Buffer.alloc(0)]);
  const signed = Buffer.concat([data, createHash('sha256').update(json).digest()]);
  return {
    credentialId: 'Y3JlZGVudGlhbA',
    clientDataJson: json.toString('base64url'),
    authenticatorData: data.toString('base64url'),
    signature: sign(hash, signed, privateKey).toString('base64url'),
  };
}

function spkiOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('hex');
}

function check(assertion: Assertion, rest: Partial<AssertionCheck> = {}): () => void {
  return () => verifyAssertion({ assertion, publicKey: spkiOf(p256.publicKey), challenge, relyingParty, ...rest });
}

const refusal = (reason: string) => expect.objectContaining({ code: 'assertionInvalid', values: { reason } }) as Error;

describe('an assertion', () => {
  it('holds as a software authenticator gives it', () => {
    const authenticator = createSoftwareAuthenticator();
    const { credentialId, publicKey } = authenticator.create(relyingParty);
    const assertion = authenticator.get({ ...relyingParty, challenge, credentialId });
    expect(check(assertion, { publicKey })).not.toThrow();
    expect(() => authenticator.get({ ...relyingParty, rpId: 'localhost', challenge, credentialId })).toThrow();
  });

  it.each([
    ['ES256', p256, 'sha256'],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
    ['EdDSA', generateKeyPairSync('ed25519'), null],
  ] as const)('holds with %s', (_name, { publicKey, privateKey }, hash) => {
    expect(check(asserted(privateKey, { hash }), { publicKey: spkiOf(publicKey) })).not.toThrow();
  });

  it.each<[string, Spoiled, string]>([
    ['a registration', { clientData: { type: 'webauthn.create' } }, 'type'],
    ['another origin', { clientData: { origin: 'http://localhost:8080' } }, 'origin'],
    ['an origin with a slash', { clientData: { origin: `${relyingParty.origin}/` } }, 'origin'],
    ['another challenge', { clientData: { challenge: Buffer.alloc(32).toString('base64url') } }, 'challenge'],
    ['a padded challenge', { clientData: { challenge: `${challenge.toString('base64url')}=` } }, 'challenge'],
    ['a frame of another origin', { clientData: { crossOrigin: true } }, 'crossOrigin'],
    ['a top origin', { clientData: { topOrigin: 'http://localhost:8080' } }, 'crossOrigin'],
    ["the portal's RP ID", { rpId: 'localhost' }, 'rpId'],
    ['nobody present', { flags: 0x04 }, 'userPresence'],
    ['nobody verified', { flags: 0x01 }, 'userVerification'],
    ['backed up but not eligible', { flags: 0x15 }, 'authenticatorData'],
    ['octets that no flag announces', { trailing: Buffer.from([0xa0]) }, 'authenticatorData'],
  ])('is refused with %s', (_name, spoiled, reason) => {
    expect(check(asserted(p256.privateKey, spoiled))).toThrow(refusal(reason));
  });

  it('is refused when signed by another key, over other octets, or cut short', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(check(asserted(other.privateKey))).toThrow(refusal('signature'));
    const good = asserted(p256.privateKey);
    const counted = Buffer.from(good.authenticatorData, 'base64url');
    counted[36] = 2;
    expect(check({ ...good, authenticatorData: counted.toString('base64url') })).toThrow(refusal('signature'));
    expect(check({ ...good, authenticatorData: 'AAAA' })).toThrow(refusal('authenticatorData'));
    expect(check({ ...good, signature: good.signature.slice(0, 8) })).toThrow(refusal('signature'));
  });

  it('is refused in any spelling but canonical base64url', () => {
    const good = asserted(p256.privateKey);
    expect(check({ ...good, signature: `${good.signature}=` })).toThrow(refusal('encoding'));
    expect(check({ ...good, clientDataJson: Buffer.from('[1').toString('base64url') })).toThrow(refusal('encoding'));
    expect(() => readAssertion({ ...good, signature: 7 })).toThrow(refusal('encoding'));
    expect(() => readAssertion({ ...good, signature: 'A'.repeat(10_000) })).toThrow(refusal('encoding'));
    expect(() => readAssertion(null)).toThrow(refusal('encoding'));
    expect(readAssertion({ ...good, more: 1 })).toEqual(good);
  });

  it.each([
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
    ['RSA of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
  ])('is refused under a key of %s', (_name, key) => {
    expect(check(asserted(p256.privateKey), { publicKey: spkiOf(key) })).toThrow(refusal('key'));
  });

  it('is refused under a key with a second spelling', () => {
    const publicKey = spkiOf(p256.publicKey);
    expect(check(asserted(p256.privateKey), { publicKey: `${publicKey}00` })).toThrow(refusal('key'));
    expect(check(asserted(p256.privateKey), { publicKey: publicKey.toUpperCase() })).toThrow(refusal('key'));
    expect(check(asserted(p256.privateKey), { publicKey: '' })).toThrow(refusal('key'));
  });
});
