import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type EnrolmentClaim,
  enrolmentMac,
  fingerprintOf,
  verifyEnrolmentMac,
} from '../../ca-core/approvals/enrolment-mac.ts';

const secret = randomBytes(32);
const claim: EnrolmentClaim = {
  credentialId: 'Y3JlZGVudGlhbA',
  publicKey: '3059aabb',
  invitationId: 'invitation-1',
  use: 'approve',
  name: '佐藤 一郎',
  mailbox: 'sato@ca.example',
};

describe('the MAC of an enrolment', () => {
  it('holds for the claim it was made over, and for no other', () => {
    const mac = enrolmentMac(secret, claim);
    expect(verifyEnrolmentMac(secret, claim, mac)).toBe(true);
    expect(verifyEnrolmentMac(randomBytes(32), claim, mac)).toBe(false);
    expect(verifyEnrolmentMac(secret, claim, mac.slice(2))).toBe(false);
    const other = {
      credentialId: 'b3RoZXI',
      publicKey: '3059aabc',
      invitationId: 'x',
      use: 'signIn',
      name: 'x',
      mailbox: 'x',
    };
    for (const [field, value] of Object.entries(other))
      expect(verifyEnrolmentMac(secret, { ...claim, [field]: value }, mac)).toBe(false);
  });

  it('is what OpenSSL makes of the same octets', () => {
    const owner = '{"invitationId":"invitation-1","mailbox":"sato@ca.example","name":"佐藤 一郎","use":"approve"}';
    const ownerHash = execFileSync('openssl', ['dgst', '-sha256', '-binary'], { input: owner });
    const octets = Buffer.concat([Buffer.from('credential'), Buffer.from('3059aabb', 'hex'), ownerHash]);
    const key = `hexkey:${secret.toString('hex')}`;
    const printed = execFileSync('openssl', ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', key], { input: octets });
    expect(printed.toString().trim().split(' ').at(-1)).toBe(enrolmentMac(secret, claim));
  });

  it('comes with a fingerprint that a person can compare', () => {
    const hash = execFileSync('openssl', ['dgst', '-sha256', '-hex'], { input: Buffer.from(claim.publicKey, 'hex') });
    const hex = hash.toString().trim().split(' ').at(-1) ?? '';
    expect(fingerprintOf(claim.publicKey).replaceAll('-', '')).toBe(hex.slice(0, 16));
    expect(fingerprintOf(claim.publicKey)).toMatch(/^([0-9a-f]{4}-){3}[0-9a-f]{4}$/);
  });
});
