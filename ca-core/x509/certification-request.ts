/**
 * PKCS#10 (RFC 2986): a request gives its public key and the proof that the applicant holds the private one. Names and
 * attributes in it must be well formed; nothing of them reaches a certificate. Extensions that it asks for are told, so
 * that what a profile does not give is refused and not dropped (profiles/check-request.ts).
 */
import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { concat, toHex, type Der } from './der.ts';
import { readExtensions, type ExtensionValue } from './certificate.ts';
import { childrenOf, expectTag, readBits, readDer, readInteger, readOid, type DerNode } from './der-reader.ts';
import { nullValue, oid, sequence } from './der.ts';
import { oids } from './oids.ts';
import { decodePem } from './pem.ts';
import { jsonWebKey, readPublicKey } from './public-key.ts';

export interface CertificationRequest {
  readonly der: Der;
  readonly subjectPublicKeyInfo: Der;
  /** The extensions that it asks for (RFC 2985 §5.4.2), by dotted OID; often none. */
  readonly requestedExtensions: ReadonlyMap<string, ExtensionValue>;
  /** What the applicant's key signed, and the signature: see verifyPossession. */
  readonly proof: ProofOfPossession;
}

export interface ProofOfPossession {
  readonly signedPart: Uint8Array;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly signature: Uint8Array;
}

interface RequestAlgorithm {
  readonly family: 'rsa' | 'ec';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
}

const longest = 16_384;
const pemLabels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];
const rsa = (id: string): string => toHex(sequence(oid(id), nullValue()));
const ecdsa = (id: string): string => toHex(sequence(oid(id)));
const algorithms: ReadonlyMap<string, RequestAlgorithm> = new Map<string, RequestAlgorithm>([
  [rsa(oids.sha256WithRSAEncryption), { family: 'rsa', hash: 'sha256' }],
  [rsa(oids.sha384WithRSAEncryption), { family: 'rsa', hash: 'sha384' }],
  [rsa(oids.sha512WithRSAEncryption), { family: 'rsa', hash: 'sha512' }],
  [ecdsa(oids['ecdsa-with-SHA256']), { family: 'ec', hash: 'sha256' }],
  [ecdsa(oids['ecdsa-with-SHA384']), { family: 'ec', hash: 'sha384' }],
  [ecdsa(oids['ecdsa-with-SHA512']), { family: 'ec', hash: 'sha512' }],
]);

/**
 * Reads a request of at most 16 KiB, as PEM text or DER, and verifies its signature. Throws csrMalformed {reason},
 * keyUnacceptable {reason}, csrSignatureInvalid.
 */
export function readCertificationRequest(pemOrDer: string | Uint8Array): CertificationRequest {
  const request = decodeCertificationRequest(pemOrDer);
  verifyPossession(request, () => createPublicKey({ key: jsonWebKey(request.subjectPublicKeyInfo), format: 'jwk' }));
  return request;
}

/** The same before its signature is verified, which the caller owes. Throws csrMalformed, keyUnacceptable, csrSignatureInvalid. */
export function decodeCertificationRequest(pemOrDer: string | Uint8Array): CertificationRequest {
  if (pemOrDer.length > 2 * longest) throw new PkiError('csrMalformed', { reason: 'longer than 16 KiB' });
  const parts = asCsr(() => partsOf(typeof pemOrDer === 'string' ? decodePem(pemOrDer, pemLabels) : derOf(pemOrDer)));
  const { family } = readPublicKey(parts.subjectPublicKeyInfo);
  const algorithm = algorithms.get(parts.algorithm);
  if (algorithm === undefined) throw new PkiError('csrSignatureInvalid', { reason: 'algorithm' });
  if (algorithm.family !== family) throw new PkiError('csrSignatureInvalid');
  const { der, subjectPublicKeyInfo, requestedExtensions, signedPart, signature } = parts;
  const proof = { signedPart, hash: algorithm.hash, signature };
  return { der, subjectPublicKeyInfo, requestedExtensions, proof };
}

/** Holds if the request was signed with this very key (RFC 2986 §3). Throws csrSignatureInvalid. */
export function verifyPossession({ proof }: CertificationRequest, keyOf: () => KeyObject): void {
  if (!signatureHolds(proof, keyOf)) throw new PkiError('csrSignatureInvalid');
}

interface RequestParts extends Omit<CertificationRequest, 'proof'>, Omit<ProofOfPossession, 'hash'> {
  /** AlgorithmIdentifier, DER in hex. */
  readonly algorithm: string;
}

/** A file may hold the DER itself or the PEM text. */
function derOf(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0x30 ? bytes : decodePem(new TextDecoder().decode(bytes), pemLabels);
}

function partsOf(der: Uint8Array): RequestParts {
  if (der.length > longest) throw new PkiError('csrMalformed', { reason: 'longer than 16 KiB' });
  const [requested, algorithm, signature] = childrenOf(expectTag(readDer(der), 16), 3);
  const [version, subject, publicKey, attributes] = childrenOf(expectTag(requested, 16), 4);
  if (readInteger(expectTag(version, 2)) !== 0n) throw new PkiError('csrMalformed', { reason: 'version' });
  checkName(expectTag(subject, 16));
  const { unused, bytes } = readBits(expectTag(signature, 3));
  if (unused !== 0) throw new PkiError('csrMalformed', { reason: 'signature' });
  return {
    der: concat(der),
    signedPart: expectTag(requested, 16).bytes,
    subjectPublicKeyInfo: concat(expectTag(publicKey, 16).bytes),
    requestedExtensions: readAttributes(attributes),
    algorithm: toHex(expectTag(algorithm, 16).bytes),
    signature: bytes,
  };
}

function checkName(subject: DerNode): void {
  for (const rdn of subject.children) {
    for (const attribute of childrenOf(expectTag(rdn, 17))) {
      expectTag(childrenOf(expectTag(attribute, 16), 2)[0], 6);
    }
  }
}

/** [0] IMPLICIT SET OF Attribute: required, and often empty. Other attributes than requests for extensions say nothing. */
function readAttributes(attributes: DerNode | undefined): ReadonlyMap<string, ExtensionValue> {
  const fits = attributes?.tagClass === 'context' && attributes.tagNumber === 0 && attributes.constructed;
  if (!fits) throw new PkiError('csrMalformed', { reason: 'attributes' });
  const requests: ReadonlyMap<string, ExtensionValue>[] = [];
  for (const attribute of attributes.children) {
    const [type, values] = childrenOf(expectTag(attribute, 16), 2);
    const id = readOid(expectTag(type, 6));
    const set = expectTag(values, 17);
    if (id !== oids.extensionRequest && id !== oids.certExtensions) continue;
    const [extensions] = childrenOf(set, 1);
    requests.push(readExtensions(expectTag(extensions, 16)));
  }
  if (requests.length > 1) throw new PkiError('csrMalformed', { reason: 'two requests for extensions' });
  return requests[0] ?? new Map();
}

/** A key that OpenSSL cannot read has signed nothing. */
function signatureHolds({ signedPart, hash, signature }: ProofOfPossession, keyOf: () => KeyObject): boolean {
  try {
    return verify(hash, signedPart, keyOf(), signature);
  } catch {
    return false;
  }
}

function asCsr<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'derMalformed') throw error;
    throw new PkiError('csrMalformed', { reason: String(error.values.what) });
  }
}
