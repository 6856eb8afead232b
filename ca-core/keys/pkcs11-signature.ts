/** What a token is given to sign, and what becomes of its answer (PKCS#11 3.0 §2.1, §2.3). */
import { createHash, webcrypto } from 'node:crypto';
import { concat, integerFromBytes, nullValue, octetString, oid, sequence } from '../x509/der.ts';
import { collect } from '../x509/octets.ts';
import { oids } from '../x509/oids.ts';
import { hashOf, type SignatureAlgorithm } from '../x509/signed.ts';
import type { TokenMechanism } from './pkcs11-messages.ts';

const mechanisms: Readonly<Record<SignatureAlgorithm, TokenMechanism>> = {
  sha256WithRSAEncryption: 'rsaPkcs1',
  sha384WithRSAEncryption: 'rsaPkcs1',
  'rsassa-pss-SHA256': 'rsaPss256',
  'rsassa-pss-SHA384': 'rsaPss384',
  'ecdsa-with-SHA256': 'ecdsa',
  'ecdsa-with-SHA384': 'ecdsa',
  ed25519: 'ed25519',
};

export interface TokenInput {
  readonly mechanism: TokenMechanism;
  readonly input: Uint8Array;
}

/** Only the hash goes to the token, except for Ed25519, which has none. */
export async function tokenInputOf(algorithm: SignatureAlgorithm, message: Uint8Array): Promise<TokenInput> {
  const mechanism = mechanisms[algorithm];
  const hash = hashOf(algorithm);
  if (hash === null) return { mechanism, input: concat(message) };
  const digest = message.length > long ? await digestAside(hash, message) : createHash(hash).update(message).digest();
  return { mechanism, input: mechanism === 'rsaPkcs1' ? digestInfo(hash, digest) : digest };
}

/** The same for a message that comes piece by piece. */
export function tokenInputOfPieces(algorithm: SignatureAlgorithm, pieces: Iterable<Uint8Array>): TokenInput {
  const mechanism = mechanisms[algorithm];
  const hash = hashOf(algorithm);
  if (hash === null) return { mechanism, input: collect(pieces) };
  const hashing = createHash(hash);
  for (const piece of pieces) hashing.update(piece);
  const digest = hashing.digest();
  return { mechanism, input: mechanism === 'rsaPkcs1' ? digestInfo(hash, digest) : digest };
}

/** The signature in its X.509 form: r and s, side by side, become Ecdsa-Sig-Value (RFC 3279 §2.2.3). */
export function signatureOf(mechanism: TokenMechanism, answer: Uint8Array): Uint8Array {
  if (mechanism !== 'ecdsa') return answer;
  const half = answer.length / 2;
  return sequence(integerFromBytes(answer.subarray(0, half)), integerFromBytes(answer.subarray(half)));
}

/** Octets from which on a hash would hold up everything else: a CRL may have tens of millions. */
const long = 65_536;

async function digestAside(hash: 'sha256' | 'sha384', message: Uint8Array): Promise<Uint8Array> {
  const name = hash === 'sha256' ? 'SHA-256' : 'SHA-384';
  return new Uint8Array(await webcrypto.subtle.digest(name, new Uint8Array(message)));
}

/** RFC 8017 §9.2. */
function digestInfo(hash: 'sha256' | 'sha384', digest: Uint8Array): Uint8Array {
  return sequence(sequence(oid(oids[hash]), nullValue()), octetString(digest));
}
