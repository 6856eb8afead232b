import { createHash } from 'node:crypto';
import { rsaModulus } from '../x509/public-key.ts';

/**
 * Whether the operator's lists (policies/weak-keys/) name this key: its modulus in the form of openssl-blacklist, the
 * last 80 bits of SHA-1 over `Modulus=…` in upper-case hex and a newline. Keys that are not RSA are on no such list.
 */
export function isKnownToAnybody(subjectPublicKeyInfo: Uint8Array, weakKeys: ReadonlySet<string>): boolean {
  if (weakKeys.size === 0) return false;
  const modulus = rsaModulus(subjectPublicKeyInfo);
  return modulus !== undefined && weakKeys.has(blocklistLineOf(modulus));
}

/** What `openssl rsa -noout -modulus | sha1sum | cut -c 21-40` prints. */
export function blocklistLineOf(modulus: bigint): string {
  const text = `Modulus=${modulus.toString(16).toUpperCase()}\n`;
  return createHash('sha1').update(text).digest('hex').slice(20);
}
