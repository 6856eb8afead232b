import { createHash } from 'node:crypto';
import type { DocumentKind } from './documents.ts';

/** The verb an officer signs for each kind of document; one cannot stand for another. */
export const actionOf = {
  case: 'approve',
  list: 'approve-list',
  attestation: 'attest',
  revocation: 'revoke',
  release: 'release',
  massRevocation: 'revoke-many',
  keyBlock: 'block-key',
  keyUnblock: 'unblock-key',
  roll: 'roll',
} as const satisfies Record<DocumentKind, string>;

/** An approval is good for this long after it was given: 7 days. */
export const approvalLifetime = 7 * 86_400;

export interface ChallengeInput {
  readonly kind: DocumentKind;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  /** Digest of the document, hex. */
  readonly digest: string;
  /** Unix seconds after which the approval counts no more. */
  readonly expiry: number;
}

/** SHA-256("kakuin/" action "/v1" ‖ CA id ‖ digest ‖ expiry as 8 octets, big-endian). */
export function approvalChallenge({ kind, ca, digest, expiry }: ChallengeInput): Uint8Array {
  const expiryOctets = Buffer.alloc(8);
  expiryOctets.writeBigUInt64BE(BigInt(expiry));
  return createHash('sha256')
    .update(`kakuin/${actionOf[kind]}/v1`, 'ascii')
    .update(Buffer.from(ca, 'hex'))
    .update(Buffer.from(digest, 'hex'))
    .update(expiryOctets)
    .digest();
}
