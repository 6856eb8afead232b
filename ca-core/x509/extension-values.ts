/** What an extension says, read strictly from its extnValue (RFC 5280 §4.2). Every function throws derMalformed. */
import { PkiError } from '../errors.ts';
import {
  childrenOf,
  expectTag,
  readBits,
  readBoolean,
  readDer,
  readInteger,
  readOctets,
  readOid,
} from './der-reader.ts';
import { readText, type DerNode } from './der-reader.ts';
import { keyUsages, type CertificatePolicy, type KeyUsage } from './extensions.ts';
import { readUriName } from './general-names.ts';
import { oids } from './oids.ts';

/** basicConstraints: `pathLength` is null where none is set. */
export function readBasicConstraints(value: Uint8Array): { readonly ca: boolean; readonly pathLength: number | null } {
  const [ca, length, ...rest] = elementsOf(value);
  if (ca === undefined) return { ca: false, pathLength: null };
  if (!readBoolean(ca) || rest.length > 0) throw malformed('basicConstraints');
  const pathLength = length === undefined ? null : Number(readInteger(length));
  if (pathLength !== null && (pathLength < 0 || pathLength > 255)) throw malformed('basicConstraints');
  return { ca: true, pathLength };
}

/** keyUsage: the bits that are set, in their order. */
export function readKeyUsage(value: Uint8Array): readonly KeyUsage[] {
  const { bytes, unused } = readBits(readDer(value));
  const length = 8 * bytes.length - unused;
  const isSet = (bit: number): boolean => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  if (length === 0 || length > keyUsages.length || !isSet(length - 1)) throw malformed('keyUsage');
  return keyUsages.filter((_, bit) => isSet(bit));
}

/** extendedKeyUsage: dotted OIDs. */
export function readExtendedKeyUsage(value: Uint8Array): readonly string[] {
  return filled(elementsOf(value), 'extendedKeyUsage').map(readOid);
}

/** certificatePolicies; a qualifier of another kind than the CPS pointer is refused. */
export function readCertificatePolicies(value: Uint8Array): readonly CertificatePolicy[] {
  return filled(elementsOf(value), 'certificatePolicies').map(readPolicy);
}

/** authorityInfoAccess: the URLs of each method. */
export function readAuthorityInfoAccess(value: Uint8Array): {
  readonly ocsp: readonly string[];
  readonly caIssuers: readonly string[];
} {
  const found = { ocsp: [] as string[], caIssuers: [] as string[] };
  for (const description of filled(elementsOf(value), 'authorityInfoAccess')) {
    const [method, location] = childrenOf(expectTag(description, 16), 2);
    const id = readOid(expectTag(method, 6));
    if (id !== oids.ocsp && id !== oids.caIssuers) throw malformed('authorityInfoAccess');
    found[id === oids.ocsp ? 'ocsp' : 'caIssuers'].push(readUriName(location));
  }
  return found;
}

/** cRLDistributionPoints: the URLs of points that have a fullName and nothing else. */
export function readCrlDistributionPoints(value: Uint8Array): readonly string[] {
  return filled(elementsOf(value), 'cRLDistributionPoints').flatMap(point => {
    const [name] = childrenOf(expectTag(point, 16), 1);
    const [fullName] = childrenOf(contextTag(name, 0), 1);
    return filled(childrenOf(contextTag(fullName, 0)), 'cRLDistributionPoints').map(readUriName);
  });
}

/** issuingDistributionPoint: the URL of one that has a fullName and nothing else. */
export function readIssuingDistributionPoint(value: Uint8Array): string {
  const [name] = childrenOf(expectTag(readDer(value), 16), 1);
  const [fullName] = childrenOf(contextTag(name, 0), 1);
  const [url] = childrenOf(contextTag(fullName, 0), 1);
  return readUriName(url);
}

/** authorityKeyIdentifier: the key identifier, which must stand alone. */
export function readAuthorityKeyIdentifier(value: Uint8Array): Uint8Array {
  const [identifier] = childrenOf(expectTag(readDer(value), 16), 1);
  return contextTag(identifier, 0).content;
}

/** subjectKeyIdentifier. */
export function readSubjectKeyIdentifier(value: Uint8Array): Uint8Array {
  return readOctets(readDer(value));
}

function readPolicy(node: DerNode): CertificatePolicy {
  const [id, qualifiers, ...rest] = childrenOf(expectTag(node, 16));
  if (rest.length > 0) throw malformed('certificatePolicies');
  const policy = { oid: readOid(expectTag(id, 6)) };
  if (qualifiers === undefined) return policy;
  const [qualifier] = childrenOf(expectTag(qualifiers, 16), 1);
  const [qualifierId, uri] = childrenOf(expectTag(qualifier, 16), 2);
  if (readOid(expectTag(qualifierId, 6)) !== oids.cpsUri) throw malformed('certificatePolicies');
  return { ...policy, cpsUri: readText(expectTag(uri, 22)) };
}

function elementsOf(value: Uint8Array): readonly DerNode[] {
  return childrenOf(expectTag(readDer(value), 16));
}

function filled(nodes: readonly DerNode[], what: string): readonly DerNode[] {
  if (nodes.length === 0) throw malformed(what);
  return nodes;
}

function contextTag(node: DerNode | undefined, tagNumber: number): DerNode {
  if (node?.tagClass !== 'context' || node.tagNumber !== tagNumber) throw malformed(`[${tagNumber}] was expected`);
  return node;
}

function malformed(what: string): PkiError {
  return new PkiError('derMalformed', { what });
}
