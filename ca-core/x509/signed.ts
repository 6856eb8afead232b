/** The one place where a private key signs (RFC 5280 §4.1.1, §5.1.1; RFC 6960 §4.2.1). */
import {
  constants,
  createPublicKey,
  createVerify,
  sign,
  verify,
  type KeyObject,
  type SigningOptions,
} from 'node:crypto';
import { promisify } from 'node:util';
import { PkiError } from '../errors.ts';
import { bitString, concat, explicit, integer, nullValue, oid, sequence, type Der } from './der.ts';
import { collect } from './octets.ts';
import { oids } from './oids.ts';

export const signatureAlgorithms = [
  'sha256WithRSAEncryption',
  'sha384WithRSAEncryption',
  'rsassa-pss-SHA256',
  'rsassa-pss-SHA384',
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
  /** The same for a message that comes piece by piece; a key without it is given the whole. */
  readonly signPieces?: (pieces: Iterable<Uint8Array>) => Promise<Uint8Array>;
  /** The same without a wait: only where it takes less time than handing it to another thread would. */
  readonly signAtOnce?: (message: Uint8Array) => Uint8Array;
}

/** What node:crypto is given to sign or to verify with. */
export type KeyInput = KeyObject | (SigningOptions & { readonly key: KeyObject });

const verifyAsync = promisify<string | null, Uint8Array, KeyInput, Uint8Array, boolean>(verify);
const verifyInputs = new WeakMap<SigningKey, KeyInput>();
const algorithmDers = new Map<SignatureAlgorithm, Der>();

/** The hash that a signature algorithm names, as node:crypto calls it; null where the algorithm has its own. */
export function hashOf(algorithm: SignatureAlgorithm): 'sha256' | 'sha384' | null {
  switch (algorithm) {
    case 'sha256WithRSAEncryption':
    case 'rsassa-pss-SHA256':
    case 'ecdsa-with-SHA256':
      return 'sha256';
    case 'sha384WithRSAEncryption':
    case 'rsassa-pss-SHA384':
    case 'ecdsa-with-SHA384':
      return 'sha384';
    case 'ed25519':
      return null;
  }
}

/** AlgorithmIdentifier; RSA PKCS#1 carries NULL parameters (RFC 4055 §5), RSA-PSS its own (§3.1), ECDSA and Ed25519 none (RFC 5758 §3.2, RFC 8410 §3). */
export function signatureAlgorithmDer(algorithm: SignatureAlgorithm): Der {
  const known = algorithmDers.get(algorithm);
  if (known !== undefined) return known;
  const der = encodeAlgorithm(algorithm);
  algorithmDers.set(algorithm, der);
  return der;
}

function encodeAlgorithm(algorithm: SignatureAlgorithm): Der {
  switch (algorithm) {
    case 'sha256WithRSAEncryption':
    case 'sha384WithRSAEncryption':
      return sequence(oid(oids[algorithm]), nullValue());
    case 'rsassa-pss-SHA256':
      return pssAlgorithm(oids.sha256, pssSaltLength[algorithm]);
    case 'rsassa-pss-SHA384':
      return pssAlgorithm(oids.sha384, pssSaltLength[algorithm]);
    case 'ecdsa-with-SHA256':
    case 'ecdsa-with-SHA384':
    case 'ed25519':
      return sequence(oid(oids[algorithm]));
  }
}

/** The salt is as long as the hash (RFC 4055 §3.1). */
const pssSaltLength = { 'rsassa-pss-SHA256': 32, 'rsassa-pss-SHA384': 48 } as const;

/** RSASSA-PSS-params: the same hash for message and mask; trailerField is its DEFAULT (RFC 4055 §3.1). */
function pssAlgorithm(hash: string, saltLength: number): Der {
  const hashAlgorithm = sequence(oid(hash), nullValue());
  const maskGenAlgorithm = sequence(oid(oids.mgf1), hashAlgorithm);
  const parameters = sequence(
    explicit(0, hashAlgorithm),
    explicit(1, maskGenAlgorithm),
    explicit(2, integer(saltLength)),
  );
  return sequence(oid(oids.rsassaPss), parameters);
}

/** The key with its padding where node:crypto has to be told one. A bare key is taken faster: Node 24 asks by exceptions. */
export function keyInput(key: KeyObject, algorithm: SignatureAlgorithm): KeyInput {
  if (algorithm !== 'rsassa-pss-SHA256' && algorithm !== 'rsassa-pss-SHA384') return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pssSaltLength[algorithm] };
}

export interface SignatureToVerify {
  readonly algorithm: SignatureAlgorithm;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Whether a signature holds under a public key; a key of another kind is false or thrown by node:crypto. */
export function signatureHolds({ algorithm, message, signature }: SignatureToVerify, key: KeyObject): boolean {
  return verify(hashOf(algorithm), message, keyInput(key, algorithm), signature);
}

/**
 * SEQUENCE { tbs, algorithm, signature }, verified with the key's own public half. Throws signerUnfit when that fails.
 * At once where the key can: by the hundred, the way to another thread and back is a quarter of the cost.
 */
export async function signed(tbs: Der, key: SigningKey): Promise<Der> {
  const signature = key.signAtOnce?.(tbs) ?? (await key.sign(tbs));
  if (!verify(hashOf(key.algorithm), tbs, verifyInputOf(key), signature)) throw doesNotVerify();
  return sequence(tbs, signatureAlgorithmDer(key.algorithm), bitString(signature));
}

export interface PiecesToVerify {
  readonly algorithm: SignatureAlgorithm;
  /** Each call gives the message from its beginning. */
  readonly pieces: () => Iterable<Uint8Array>;
  readonly signature: Uint8Array;
}

/** signatureHolds for a message that is not in memory; Ed25519 alone needs it whole (RFC 8032 §5.1.7). */
export function piecesHold({ algorithm, pieces, signature }: PiecesToVerify, key: KeyObject): boolean {
  const hash = hashOf(algorithm);
  if (hash === null) return signatureHolds({ algorithm, message: collect(pieces()), signature }, key);
  const verifier = createVerify(hash);
  for (const piece of pieces()) verifier.update(piece);
  return verifier.verify(keyInput(key, algorithm), signature);
}

/** What follows the TBS in SEQUENCE { tbs, algorithm, signature }; verified like `signed`. The TBS is walked twice. */
export async function signatureTail(tbs: () => Iterable<Uint8Array>, key: SigningKey): Promise<Der> {
  const signature = await (key.signPieces?.(tbs()) ?? key.sign(collect(tbs())));
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  if (!piecesHold({ algorithm: key.algorithm, pieces: tbs, signature }, publicKey)) throw doesNotVerify();
  return concat(signatureAlgorithmDer(key.algorithm), bitString(signature));
}

/**
 * A signature that nobody has verified yet: for what goes to one client at once, is kept by nobody, and is worthless to
 * that client unless it verifies. Verifying costs twice what signing does; whoever uses this verifies some.
 */
export function signatureUnverified(message: Uint8Array, key: SigningKey): Promise<Uint8Array> {
  return key.sign(message);
}

/** The same at once; undefined where the key is slow or not in this program. */
export function signatureAtOnce(message: Uint8Array, key: SigningKey): Uint8Array | undefined {
  return key.signAtOnce?.(message);
}

/** By a subscriber's own key, SHA-256 (ECDSA as Ecdsa-Sig-Value, RSA as PKCS#1 v1.5), to show that they hold it. */
export function signedByHolder(message: Uint8Array, key: KeyObject): Buffer {
  return sign('sha256', message, key);
}

/** The bare signature over a message that is not a certificate, CRL or response; verified likewise. */
export async function signatureOver(message: Uint8Array, key: SigningKey): Promise<Uint8Array> {
  const signature = await key.sign(message);
  if (!(await verifyAsync(hashOf(key.algorithm), message, verifyInputOf(key), signature))) {
    throw doesNotVerify();
  }
  return signature;
}

const doesNotVerify = (): PkiError =>
  new PkiError('signerUnfit', { reason: 'a signature does not verify with its own public key' });

function verifyInputOf(key: SigningKey): KeyInput {
  const known = verifyInputs.get(key);
  if (known !== undefined) return known;
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  const input = keyInput(publicKey, key.algorithm);
  verifyInputs.set(key, input);
  return input;
}
