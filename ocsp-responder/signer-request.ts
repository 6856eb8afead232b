/** What the responder says when it asks the CA core for a certificate over its own key (design §1). */
import { createHash } from 'node:crypto';
import { signatureOver, toHex, type SigningKey } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';

export interface SignerStatement {
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  /** The key that shall be certified. */
  readonly key: SigningKey;
  /** The key that the CA core has pinned; for the first certificate the same. */
  readonly previous: SigningKey;
  readonly sequence: number;
  readonly requestedAt: UnixTime;
}

/** The canonical JSON (RFC 8785: members in order) and the previous key's signature over its UTF-8. */
export async function signStatement(wish: SignerStatement): Promise<{ statement: string; signature: Uint8Array }> {
  const statement = JSON.stringify({
    ca: wish.ca,
    kind: 'signer',
    previous: createHash('sha256').update(wish.previous.publicKey).digest('hex'),
    publicKey: toHex(wish.key.publicKey),
    requestedAt: wish.requestedAt,
    sequence: wish.sequence,
    version: 1,
  });
  return { statement, signature: await signatureOver(Buffer.from(statement, 'utf8'), wish.previous) };
}
