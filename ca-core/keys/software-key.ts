/** Keys in this process's memory: making them, and turning one into a SigningKey. */
import { createPublicKey, createSign, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { concat } from '../x509/der.ts';
import { collect } from '../x509/octets.ts';
import { hashOf, keyInput, type KeyInput, type SignatureAlgorithm, type SigningKey } from '../x509/signed.ts';
import { signatureAlgorithmOf, type SigningKeyAlgorithm } from './key-store.ts';

const signAsync = promisify<string | null, Uint8Array, KeyInput, Buffer>(sign);
const generate = promisify(generateKeyPair);

/** A fresh private key, made off the main thread. RSA keys have e = 65537. */
export async function generatePrivateKey(algorithm: SigningKeyAlgorithm): Promise<KeyObject> {
  switch (algorithm) {
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return (await generate('rsa', { modulusLength: Number(algorithm.slice(4)) })).privateKey;
    case 'p-256':
    case 'p-384':
      return (await generate('ec', { namedCurve: algorithm.toUpperCase() })).privateKey;
    case 'ed25519':
      return (await generate('ed25519')).privateKey;
  }
}

/** A SigningKey over a private key in memory, by its usual algorithm or the one asked for (else signerUnfit). ECDSA signatures are DER Ecdsa-Sig-Value (RFC 3279 §2.2.3). */
export function signingKeyOf(
  privateKey: KeyObject,
  keyAlgorithm: SigningKeyAlgorithm,
  asked?: SignatureAlgorithm,
): SigningKey {
  const algorithm = signatureAlgorithmOf(keyAlgorithm, asked);
  const input = keyInput(privateKey, algorithm);
  return {
    algorithm,
    publicKey: concat(createPublicKey(privateKey).export({ format: 'der', type: 'spki' })),
    sign: message => signAsync(hashOf(algorithm), message, input),
    signPieces: pieces => signPieces(algorithm, pieces, input),
    ...(quick.has(keyAlgorithm) ? { signAtOnce: message => sign(hashOf(algorithm), message, input) } : {}),
  };
}

/**
 * 25 µs a signature, RSA-2048 300: the way to another thread and back costs the processor more than 50, which a program
 * with all cores at work does not have. Longer keys would keep others waiting for milliseconds.
 */
const quick: ReadonlySet<SigningKeyAlgorithm> = new Set(['p-256', 'ed25519', 'rsa-2048']);

/** Hashed as it comes, so that a CRL need not be in memory; Ed25519 needs the whole (RFC 8032 §5.1.6). */
function signPieces(algorithm: SignatureAlgorithm, pieces: Iterable<Uint8Array>, input: KeyInput): Promise<Uint8Array> {
  const hash = hashOf(algorithm);
  if (hash === null) return signAsync(hash, collect(pieces), input);
  const signer = createSign(hash);
  for (const piece of pieces) signer.update(piece);
  return Promise.resolve(new Uint8Array(signer.sign(input)));
}
