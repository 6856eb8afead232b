import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { putNewFile } from '../keys/new-file.ts';

/** What wrapped octets belong to; under anything else they do not open. */
export interface Wrapped {
  readonly caseId: string;
  /** SHA-256 of the case document, hex. */
  readonly caseDigest: string;
  /** SHA-256 of the subject's SubjectPublicKeyInfo, hex. */
  readonly key: string;
}

/**
 * Keeps a subscriber's key from the moment that its certificate is intended until its PKCS#12 is recorded: whoever has
 * the database alone has nothing.
 */
export interface WrappingKey {
  readonly wrap: (about: Wrapped, octets: Uint8Array) => Uint8Array;
  /** Undefined where it is not what this home wrapped for this. */
  readonly unwrap: (about: Wrapped, wrapped: Uint8Array) => Uint8Array | undefined;
}

const saltOctets = 32;
const tagOctets = 16;

export async function openWrappingKey(file: string): Promise<WrappingKey> {
  if (!existsSync(file)) await putNewFile(file, randomBytes(32).toString('hex'));
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
  return {
    wrap: (about, octets) => {
      const salt = randomBytes(saltOctets);
      const { secret, nonce } = keyOf(key, salt);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(contextOf(about));
      return Buffer.concat([salt, cipher.update(octets), cipher.final(), cipher.getAuthTag()]);
    },
    unwrap: (about, wrapped) => {
      if (wrapped.length < saltOctets + tagOctets) return undefined;
      const { secret, nonce } = keyOf(key, wrapped.subarray(0, saltOctets));
      const decipher = createDecipheriv('aes-256-gcm', secret, nonce).setAAD(contextOf(about));
      decipher.setAuthTag(wrapped.subarray(-tagOctets));
      try {
        return Buffer.concat([decipher.update(wrapped.subarray(saltOctets, -tagOctets)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}

/** A key and a nonce for these octets alone, so that no nonce is ever used twice under one key. */
function keyOf(key: Uint8Array, salt: Uint8Array): { readonly secret: Buffer; readonly nonce: Buffer } {
  const octets = Buffer.from(hkdfSync('sha256', key, salt, 'kakuin/wrapped-key/v1', 44));
  return { secret: octets.subarray(0, 32), nonce: octets.subarray(32) };
}

const contextOf = ({ caseId, caseDigest, key }: Wrapped): Buffer =>
  Buffer.from(JSON.stringify([caseId, caseDigest, key]));
