/** SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 3279 §2.3, RFC 5480): which subject keys are fit, and their identifier. */
import { createHash, type JsonWebKey } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { childrenOf, expectTag, readBits, readDer, readInteger, readOid, type DerNode } from './der-reader.ts';
import { toHex } from './der.ts';
import { isPointOn, p256, p384, type EcCurve } from './ec-curve.ts';
import { oids } from './oids.ts';
import { rsaWeakness } from './rsa-weakness.ts';

export type KeyAlgorithm = 'rsa-2048' | 'rsa-3072' | 'rsa-4096' | 'p-256' | 'p-384';

export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  readonly bits: number;
  readonly family: 'rsa' | 'ec';
}

const rsaKeys: Readonly<Partial<Record<number, PublicKey>>> = {
  2048: { algorithm: 'rsa-2048', bits: 2048, family: 'rsa' },
  3072: { algorithm: 'rsa-3072', bits: 3072, family: 'rsa' },
  4096: { algorithm: 'rsa-4096', bits: 4096, family: 'rsa' },
};
const ecKeys: Readonly<
  Partial<Record<string, { readonly key: PublicKey; readonly curve: EcCurve; readonly name: 'P-256' | 'P-384' }>>
> = {
  [oids.secp256r1]: { key: { algorithm: 'p-256', bits: 256, family: 'ec' }, curve: p256, name: 'P-256' },
  [oids.secp384r1]: { key: { algorithm: 'p-384', bits: 384, family: 'ec' }, curve: p384, name: 'P-384' },
};

/**
 * What a subject's key is. Accepts RSA of 2048, 3072 or 4096 bits with e = 65537 and a modulus without known weakness,
 * and uncompressed points on P-256 and P-384. Throws keyUnacceptable {reason}.
 */
export function readPublicKey(subjectPublicKeyInfo: Uint8Array): PublicKey {
  const { algorithm, parameters, key } = partsOf(subjectPublicKeyInfo);
  if (algorithm === oids.rsaEncryption) return readRsaKey(parameters, key);
  if (algorithm === oids.ecPublicKey) return readEcKey(parameters, key);
  throw unacceptable('algorithm');
}

/**
 * The same key as JWK (RFC 7517), the form that OpenSSL takes in less than half the time that its decoders need for a
 * SubjectPublicKeyInfo. Throws keyUnacceptable {reason}.
 */
export function jsonWebKey(subjectPublicKeyInfo: Uint8Array): JsonWebKey {
  const { algorithm, parameters, key } = partsOf(subjectPublicKeyInfo);
  if (algorithm === oids.rsaEncryption) {
    const [modulus, exponent] = childrenOf(readDer(key), 2).map(number => base64url(withoutSign(number.content)));
    return { kty: 'RSA', n: modulus ?? '', e: exponent ?? '' };
  }
  const { curve, name } = (parameters && ecKeys[readCurve(parameters)]) ?? refuse('curve');
  const [x, y] = [key.subarray(1, 1 + curve.octets), key.subarray(1 + curve.octets)];
  return { kty: 'EC', crv: name, x: base64url(x), y: base64url(y) };
}

/** A CA's own key, which may be Ed25519 (RFC 8410) too; it is used as an EC key is. */
export interface CaPublicKey extends Omit<PublicKey, 'algorithm'> {
  readonly algorithm: KeyAlgorithm | 'ed25519';
}

/** What a CA's key is: as readPublicKey, and Ed25519. Throws keyUnacceptable {reason}. */
export function readCaPublicKey(subjectPublicKeyInfo: Uint8Array): CaPublicKey {
  const { algorithm, parameters, key } = partsOf(subjectPublicKeyInfo);
  if (algorithm !== oids.ed25519) return readPublicKey(subjectPublicKeyInfo);
  if (parameters !== undefined || key.length !== 32) throw unacceptable('encoding');
  return { algorithm: 'ed25519', bits: 256, family: 'ec' };
}

/** SHA-1 of the subjectPublicKey bits, 20 octets (RFC 5280 §4.2.1.2, method 1): a name for the key, not a protection. */
export function keyIdentifier(subjectPublicKeyInfo: Uint8Array): Uint8Array {
  return createHash('sha1').update(partsOf(subjectPublicKeyInfo).key).digest();
}

interface KeyParts {
  readonly algorithm: string;
  readonly parameters: DerNode | undefined;
  readonly key: Uint8Array;
}

function partsOf(subjectPublicKeyInfo: Uint8Array): KeyParts {
  try {
    const [algorithmIdentifier, bits] = childrenOf(expectTag(readDer(subjectPublicKeyInfo), 16), 2);
    const [algorithm, parameters, ...rest] = childrenOf(expectTag(algorithmIdentifier, 16));
    const { unused, bytes } = readBits(expectTag(bits, 3));
    if (unused !== 0 || rest.length > 0) throw unacceptable('encoding');
    return { algorithm: readOid(expectTag(algorithm, 6)), parameters, key: bytes };
  } catch {
    throw unacceptable('encoding');
  }
}

/** The modulus of an RSA key, or nothing for a key of another kind. Throws keyUnacceptable {reason: encoding}. */
export function rsaModulus(subjectPublicKeyInfo: Uint8Array): bigint | undefined {
  const { algorithm, parameters, key } = partsOf(subjectPublicKeyInfo);
  return algorithm === oids.rsaEncryption ? rsaNumbers(parameters, key).modulus : undefined;
}

function readRsaKey(parameters: DerNode | undefined, key: Uint8Array): PublicKey {
  const { modulus, bits, exponent } = rsaNumbers(parameters, key);
  const found = rsaKeys[bits];
  if (found === undefined) throw unacceptable('size');
  if (exponent !== 65_537n) throw unacceptable('exponent');
  const weakness = rsaWeakness(modulus);
  if (weakness !== undefined) throw unacceptable(weakness);
  return found;
}

interface RsaNumbers {
  readonly modulus: bigint;
  /** Length of the modulus. */
  readonly bits: number;
  readonly exponent: bigint;
}

function rsaNumbers(parameters: DerNode | undefined, key: Uint8Array): RsaNumbers {
  try {
    if (expectTag(parameters, 5).content.length > 0 || key.length > 1024) throw unacceptable('encoding');
    const [modulus, exponent] = childrenOf(expectTag(readDer(key), 16), 2);
    return { ...readModulus(expectTag(modulus, 2).content), exponent: readInteger(expectTag(exponent, 2)) };
  } catch {
    throw unacceptable('encoding');
  }
}

/** A positive INTEGER of many octets, read at once: octet by octet it would take longer than every check that follows. */
function readModulus(content: Uint8Array): Pick<RsaNumbers, 'modulus' | 'bits'> {
  const [first = 0x80, second = 0] = content;
  if (first >= 0x80 || (first === 0 && second < 0x80)) throw unacceptable('encoding');
  const digits = toHex(content);
  const bits = 8 * content.length - Math.clz32(first) + 24 - (first === 0 ? Math.clz32(second) - 24 : 0);
  return { modulus: BigInt(`0x${digits}`), bits };
}

function readEcKey(parameters: DerNode | undefined, point: Uint8Array): PublicKey {
  if (parameters?.tagClass !== 'universal' || parameters.tagNumber !== 6) throw unacceptable('curve');
  const found = ecKeys[readCurve(parameters)];
  if (found === undefined) throw unacceptable('curve');
  if (!isPointOn(found.curve, point)) throw unacceptable('point');
  return found.key;
}

function readCurve(parameters: DerNode): string {
  try {
    return readOid(parameters);
  } catch {
    throw unacceptable('curve');
  }
}

const base64url = (octets: Uint8Array): string =>
  Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64url');

/** A positive INTEGER whose first octet only says that it is positive. */
const withoutSign = (octets: Uint8Array): Uint8Array => (octets[0] === 0 ? octets.subarray(1) : octets);

function refuse(reason: string): never {
  throw unacceptable(reason);
}

function unacceptable(reason: string): PkiError {
  return new PkiError('keyUnacceptable', { reason });
}
