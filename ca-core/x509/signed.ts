/** The one place where a private key signs (RFC 5280 §4.1.1, §5.1.1; RFC 6960 §4.2.1). */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { PkiError } from '../errors.ts';
import { bitString, nullValue, oid, sequence, type Der } from './der.ts';
import { oids } from './oids.ts';

export const signatureAlgorithms = [
  'sha256WithRSAEncryption',
  'sha384WithRSAEncryption',
  'ecdsa-with-SHA256',
  'ecdsa-with-SHA384',
  'ed25519',
] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** A private key that can sign and never shows itself. `sign` gives the signature in its X.509 form (ECDSA: Ecdsa-Sig-Value). */
export interface SigningKey {
  readonly algorithm: SignatureAlgorithm;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Der;
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>;
}

const verifyAsync = promisify<string | null, Uint8Array, KeyObject, Uint8Array, boolean>(verify);
const publicKeys = new WeakMap<SigningKey, KeyObject>();
const algorithmDers = new Map<SignatureAlgorithm, Der>();

/** The hash that a signature algorithm names, as node:crypto calls it; null where the algorithm has its own. */
export function hashOf(algorithm: SignatureAlgorithm): 'sha256' | 'sha384' | null {
  switch (algorithm) {
    case 'sha256WithRSAEncryption':
    case 'ecdsa-with-SHA256':
      return 'sha256';
    case 'sha384WithRSAEncryption':
    case 'ecdsa-with-SHA384':
      return 'sha384';
    case 'ed25519':
      return null;
  }
}

/** AlgorithmIdentifier; RSA carries NULL parameters (RFC 4055 §5), ECDSA and Ed25519 none (RFC 5758 §3.2, RFC 8410 §3). */
export function signatureAlgorithmDer(algorithm: SignatureAlgorithm): Der {
  const known = algorithmDers.get(algorithm);
  if (known !== undefined) return known;
  const identifier = oid(oids[algorithm]);
  const der = algorithm.endsWith('RSAEncryption') ? sequence(identifier, nullValue()) : sequence(identifier);
  algorithmDers.set(algorithm, der);
  return der;
}

/** SEQUENCE { tbs, algorithm, signature }, verified with the key's own public half. Throws signerUnfit when that fails. */
export async function signed(tbs: Der, key: SigningKey): Promise<Der> {
  return sequence(tbs, signatureAlgorithmDer(key.algorithm), bitString(await signatureOver(tbs, key)));
}

/** The bare signature over a message that is not a certificate, CRL or response; verified likewise. */
export async function signatureOver(message: Uint8Array, key: SigningKey): Promise<Uint8Array> {
  const signature = await key.sign(message);
  if (!(await verifyAsync(hashOf(key.algorithm), message, publicKeyOf(key), signature))) {
    throw new PkiError('signerUnfit', { reason: 'a signature does not verify with its own public key' });
  }
  return signature;
}

function publicKeyOf(key: SigningKey): KeyObject {
  const known = publicKeys.get(key);
  if (known !== undefined) return known;
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  publicKeys.set(key, publicKey);
  return publicKey;
}
