/** Reading an OCSPResponse (RFC 6960 §4.2.1) as a client would: what it says, and whether its signature holds. */
import { createPublicKey } from 'node:crypto';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { crlReasons, type CrlReason } from './crl-entries.ts';
import { childrenOf, expectTag, readBits, readDer, readEnumerated, readOctets, readTime } from './der-reader.ts';
import type { DerNode } from './der-reader.ts';
import { equalBytes } from './der.ts';
import type { CertStatus } from './ocsp-response.ts';
import { signatureAlgorithmDer, signatureAlgorithms, signatureHolds, type SignatureAlgorithm } from './signed.ts';

export interface ReadOcspResponse {
  /** OCSPResponseStatus: 0 is successful. */
  readonly responseStatus: number;
  /** Null where the status is not successful. */
  readonly basic: ReadBasicResponse | null;
}

export interface ReadBasicResponse {
  readonly responseData: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  /** DER of each. */
  readonly certificates: readonly Uint8Array[];
  readonly producedAt: UnixTime;
  readonly responses: readonly ReadSingleResponse[];
}

export interface ReadSingleResponse {
  readonly certId: Uint8Array;
  readonly status: CertStatus;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
}

/** Throws derMalformed for anything that is not one whole OCSPResponse. */
export function readOcspResponse(der: Uint8Array): ReadOcspResponse {
  const [status, bytes] = childrenOf(expectTag(readDer(der), 16));
  if (status === undefined) throw malformed('OCSPResponse');
  const responseStatus = readEnumerated(status);
  if (bytes === undefined) return { responseStatus, basic: null };
  const [, inner] = childrenOf(inside(bytes), 2);
  return { responseStatus, basic: readBasic(readDer(readOctets(expectTag(inner, 4)))) };
}

/** Whether the response is signed with this key (DER SubjectPublicKeyInfo). Never throws. */
export function verifyOcspResponse(response: ReadBasicResponse, signerSpki: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(signerSpki), format: 'der', type: 'spki' });
    const { signatureAlgorithm: algorithm, responseData: message, signature } = response;
    return signatureHolds({ algorithm, message, signature }, key);
  } catch {
    return false;
  }
}

function readBasic(node: DerNode): ReadBasicResponse {
  const [responseData, algorithm, signature, certificates] = childrenOf(expectTag(node, 16));
  if (responseData === undefined || signature === undefined) throw malformed('BasicOCSPResponse');
  const [, producedAt, responses] = childrenOf(expectTag(responseData, 16));
  return {
    responseData: responseData.bytes,
    signatureAlgorithm: algorithmOf(algorithm),
    signature: readBits(signature).bytes,
    certificates: certificates === undefined ? [] : childrenOf(inside(certificates)).map(({ bytes }) => bytes),
    producedAt: readTime(expectTag(producedAt, 24)),
    responses: childrenOf(expectTag(responses, 16)).map(readSingle),
  };
}

function readSingle(node: DerNode): ReadSingleResponse {
  const [certId, status, thisUpdate, nextUpdate] = childrenOf(expectTag(node, 16));
  if (certId === undefined || status === undefined || nextUpdate === undefined) throw malformed('SingleResponse');
  return {
    certId: certId.bytes,
    status: readStatus(status),
    thisUpdate: readTime(expectTag(thisUpdate, 24)),
    nextUpdate: readTime(inside(nextUpdate)),
  };
}

function readStatus({ tagClass, tagNumber, children }: DerNode): CertStatus {
  if (tagClass !== 'context') throw malformed('certStatus');
  if (tagNumber === 0) return { status: 'good' };
  if (tagNumber === 2) return { status: 'unknown' };
  const [revokedAt, reason] = children;
  const code = reason === undefined ? undefined : readEnumerated(inside(reason));
  const [name = null] = (Object.keys(crlReasons) as CrlReason[]).filter(one => crlReasons[one] === code);
  return { status: 'revoked', revokedAt: readTime(expectTag(revokedAt, 24)), reason: name };
}

function algorithmOf(node: DerNode | undefined): SignatureAlgorithm {
  const bytes = node?.bytes ?? new Uint8Array(0);
  const known = signatureAlgorithms.find(algorithm => equalBytes(signatureAlgorithmDer(algorithm), bytes));
  if (known === undefined) throw malformed('signatureAlgorithm');
  return known;
}

function inside(node: DerNode): DerNode {
  const [child] = childrenOf(node, 1);
  if (child === undefined) throw malformed('an empty value');
  return child;
}

function malformed(what: string): PkiError {
  return new PkiError('derMalformed', { what });
}
