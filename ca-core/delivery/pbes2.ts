/** PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018 §6.2, appendix A.4). */
import { concat, integer, nullValue, octetString, oid, sequence, type Der } from '../x509/der.ts';

const ids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSHA256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
};

export interface Encrypted {
  /** AlgorithmIdentifier with everything that decryption needs but the password. */
  readonly algorithm: Der;
  readonly ciphertext: Der;
}

/** Encrypts under a password (ASCII) with a fresh salt and initialisation vector. */
export async function encryptUnder(password: string, plaintext: Uint8Array, iterations: number): Promise<Encrypted> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, [
    'deriveKey',
  ]);
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  const key = await crypto.subtle.deriveKey(derivation, secret, { name: 'AES-CBC', length: 256 }, false, ['encrypt']);
  const ciphertext = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, key, concat(plaintext));
  return { algorithm: algorithmIdentifier(salt, iterations, iv), ciphertext: new Uint8Array(ciphertext) };
}

function algorithmIdentifier(salt: Uint8Array, iterations: number, iv: Uint8Array): Der {
  const prf = sequence(oid(ids.hmacWithSHA256), nullValue());
  const derivation = sequence(oid(ids.pbkdf2), sequence(octetString(salt), integer(iterations), prf));
  const encryption = sequence(oid(ids.aes256Cbc), octetString(iv));
  return sequence(oid(ids.pbes2), sequence(derivation, encryption));
}
