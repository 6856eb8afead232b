/** How a first passkey is tied to the link that invited its owner, without the server ever seeing the link's secret. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Credential } from './documents.ts';

export interface EnrolmentClaim {
  /** base64url, as WebAuthn gives it. */
  readonly credentialId: string;
  /** DER SubjectPublicKeyInfo, hex. */
  readonly publicKey: string;
  readonly invitationId: string;
  readonly use: Credential['use'];
  readonly name: string;
  readonly mailbox: string;
}

/** HMAC-SHA-256(secret, credential id ‖ SPKI ‖ SHA-256(RFC 8785 JSON of {invitationId, mailbox, name, use})), hex. */
export function enrolmentMac(secret: Uint8Array, claim: EnrolmentClaim): string {
  const { credentialId, publicKey, invitationId, use, name, mailbox } = claim;
  const owner = canonicalize({ invitationId, use, name, mailbox }) ?? '';
  return createHmac('sha256', secret)
    .update(Buffer.from(credentialId, 'base64url'))
    .update(Buffer.from(publicKey, 'hex'))
    .update(createHash('sha256').update(owner, 'utf8').digest())
    .digest('hex');
}

/** True if `mac` (hex) was made with the invitation's secret over exactly this claim; constant time. */
export function verifyEnrolmentMac(secret: Uint8Array, claim: EnrolmentClaim, mac: string): boolean {
  const expected = Buffer.from(enrolmentMac(secret, claim), 'ascii');
  const found = Buffer.from(mac, 'utf8');
  return found.length === expected.length && timingSafeEqual(found, expected);
}

/** What a person compares by eye: the first 64 bits of SHA-256 over the SPKI (hex DER), as `xxxx-xxxx-xxxx-xxxx`. */
export function fingerprintOf(publicKey: string): string {
  const hash = createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex');
  return [0, 4, 8, 12].map(start => hash.slice(start, start + 4)).join('-');
}
