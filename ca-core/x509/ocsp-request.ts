/** OCSPRequest (RFC 6960 §4.1), read strictly. A signature on a request is tolerated and says nothing. */
import { PkiError } from '../errors.ts';
import { serialNumberFrom } from './crl-entries.ts';
import {
  childrenOf,
  expectTag,
  readBoolean,
  readDer,
  readInteger,
  readOctets,
  readOid,
  type DerNode,
} from './der-reader.ts';
import { sequence, type Der } from './der.ts';
import { oids } from './oids.ts';

export interface CertId {
  /** Dotted OID. */
  readonly hashAlgorithm: string;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Lower-case hex of the positive integer's minimal octets. */
  readonly serialNumber: string;
  /** The CertID as it was asked: an answer repeats these bytes. */
  readonly der: Uint8Array;
}

export interface OcspRequest {
  /** At least one. */
  readonly certIds: readonly CertId[];
  /** 1 to 128 octets (RFC 9654 §2.1), null where the client asked for none. */
  readonly nonce: Uint8Array | null;
}

/** Reads a whole request. Throws ocspRequestMalformed. */
export function readOcspRequest(request: Uint8Array): OcspRequest {
  try {
    return requestOf(readDer(request));
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('ocspRequestMalformed', { reason: error.message });
    throw error;
  }
}

/** An unsigned request about these CertIDs (DER of each), without extensions (§4.1.1). */
export function encodeOcspRequest(certIds: readonly Uint8Array[]): Der {
  return sequence(sequence(sequence(...certIds.map(certId => sequence(certId)))));
}

function requestOf(root: DerNode): OcspRequest {
  const [tbsRequest, signature, ...rest] = childrenOf(expectTag(root, 16));
  if (tbsRequest === undefined || rest.length > 0) throw malformed('OCSPRequest');
  if (signature !== undefined) checkSignature(signature);
  const { list, extensions } = partsOf(expectTag(tbsRequest, 16));
  const certIds = childrenOf(expectTag(list, 16)).map(certIdOf);
  if (certIds.length === 0) throw malformed('no CertID');
  return { certIds, nonce: nonceOf(extensions) };
}

/** [0] version, [1] requestorName, requestList, [2] requestExtensions: in this order, at most once each. */
function partsOf(tbsRequest: DerNode): { list: DerNode | undefined; extensions: DerNode | undefined } {
  const parts = [...childrenOf(tbsRequest)];
  const version = takeContext(parts, 0);
  if (version !== undefined && readInteger(inside(version)) !== 0n) throw malformed('version');
  const requestorName = takeContext(parts, 1);
  if (requestorName !== undefined && inside(requestorName).tagClass !== 'context') throw malformed('requestorName');
  const list = parts.shift();
  const extensions = takeContext(parts, 2);
  if (parts.length > 0) throw malformed('TBSRequest');
  return { list, extensions };
}

function takeContext(parts: DerNode[], tagNumber: number): DerNode | undefined {
  const [first] = parts;
  if (first?.tagClass !== 'context' || first.tagNumber !== tagNumber) return undefined;
  return parts.shift();
}

function inside(node: DerNode): DerNode {
  const [child] = childrenOf(node, 1);
  if (child === undefined) throw malformed('an empty value');
  return child;
}

function checkSignature(node: DerNode): void {
  if (node.tagClass !== 'context' || node.tagNumber !== 0) throw malformed('optionalSignature');
  const [algorithm, value, certificates, ...rest] = childrenOf(expectTag(inside(node), 16));
  expectTag(algorithm, 16);
  expectTag(value, 3);
  if (rest.length > 0 || (certificates !== undefined && certificates.tagClass !== 'context'))
    throw malformed('Signature');
}

function certIdOf(request: DerNode): CertId {
  const [certId, extensions, ...rest] = childrenOf(expectTag(request, 16));
  if (certId === undefined || rest.length > 0) throw malformed('Request');
  if (extensions !== undefined) {
    if (extensions.tagClass !== 'context' || extensions.tagNumber !== 0) throw malformed('singleRequestExtensions');
    readExtensions(extensions, new Set());
  }
  const [algorithm, nameHash, keyHash, serial] = childrenOf(expectTag(certId, 16), 4);
  const serialNumber = serialNumberFrom(expectTag(serial, 2).content);
  if (serialNumber === undefined) throw malformed('serialNumber');
  return {
    hashAlgorithm: hashAlgorithmOf(expectTag(algorithm, 16)),
    issuerNameHash: readOctets(expectTag(nameHash, 4)),
    issuerKeyHash: readOctets(expectTag(keyHash, 4)),
    serialNumber,
    der: certId.bytes,
  };
}

/** Parameters are absent or NULL; both are in use. */
function hashAlgorithmOf(node: DerNode): string {
  const [id, parameters, ...rest] = childrenOf(node);
  if (id === undefined || rest.length > 0) throw malformed('hashAlgorithm');
  if (parameters !== undefined && expectTag(parameters, 5).content.length > 0) throw malformed('hashAlgorithm');
  return readOid(id);
}

/** The Nonce: an OCTET STRING of 1 to 128 octets; anything else is malformed (RFC 9654 §2.1). */
function nonceOf(extensions: DerNode | undefined): Uint8Array | null {
  if (extensions === undefined) return null;
  const value = readExtensions(extensions, new Set([oids.ocspNonce])).get(oids.ocspNonce);
  if (value === undefined) return null;
  const nonce = readOctets(readDer(value));
  if (nonce.length < 1 || nonce.length > 128) throw malformed('a nonce has 1 to 128 octets');
  return nonce;
}

/** Values by OID. A critical extension that is not understood refuses the request (RFC 6960 §4.4), and so does one given twice. */
function readExtensions(node: DerNode, understood: ReadonlySet<string>): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  const list = childrenOf(expectTag(inside(node), 16));
  if (list.length === 0) throw malformed('no extension');
  for (const extension of list) {
    const parts = [...childrenOf(expectTag(extension, 16))];
    const [id, value] = [parts.shift(), parts.pop()];
    const [critical, ...rest] = parts;
    if (id === undefined || value === undefined || rest.length > 0) throw malformed('extension');
    const identifier = readOid(id);
    const isCritical = critical !== undefined && readBoolean(critical);
    if (values.has(identifier) || (isCritical && !understood.has(identifier)))
      throw malformed(`extension ${identifier}`);
    values.set(identifier, readOctets(value));
  }
  return values;
}

function malformed(reason: string): PkiError {
  return new PkiError('ocspRequestMalformed', { reason });
}
