/** The extensions that this CA's CRLs have (RFC 5280 §5.2), read back. */
import { PkiError } from '../errors.ts';
import { childrenOf, readBoolean, readDer, readInteger, readOctets, readOid, type DerNode } from './der-reader.ts';
import {
  readAuthorityKeyIdentifier,
  readCrlDistributionPoints,
  readIssuingDistributionPoint,
} from './extension-values.ts';
import { oids } from './oids.ts';

export interface CrlExtensions {
  readonly crlNumber: bigint;
  readonly authorityKeyIdentifier: Uint8Array;
  /** Of a delta CRL: the number of the full one that it goes with; else null. */
  readonly baseNumber: bigint | null;
  /** The CDP's URL of the only certificates that the CRL is about; null where it is about all. */
  readonly distributionPoint: string | null;
  /** Where the delta CRL is; null where none is named. */
  readonly freshestCrl: string | null;
}

/** Whether each must be critical (§5.2.1, §5.2.3, §5.2.4, §5.2.5, §5.2.6). */
const criticality = new Map<string, boolean>([
  [oids.authorityKeyIdentifier, false],
  [oids.cRLNumber, false],
  [oids.deltaCRLIndicator, true],
  [oids.issuingDistributionPoint, true],
  [oids.freshestCRL, false],
]);

/** [0] crlExtensions: authorityKeyIdentifier and cRLNumber, both needed, and no other than those above, each once. */
export function readCrlExtensions(node: DerNode): CrlExtensions {
  const [list] = childrenOf(node, 1);
  if (list === undefined || node.tagClass !== 'context' || node.tagNumber !== 0) throw invalid('crlExtensions');
  const values = new Map<string, Uint8Array>();
  for (const item of childrenOf(list)) readExtension(item, values);
  const number = values.get(oids.cRLNumber);
  const authority = values.get(oids.authorityKeyIdentifier);
  if (number === undefined || authority === undefined) throw invalid('cRLNumber or authorityKeyIdentifier is missing');
  const base = values.get(oids.deltaCRLIndicator);
  const point = values.get(oids.issuingDistributionPoint);
  const freshest = values.get(oids.freshestCRL);
  return {
    crlNumber: readCrlNumber(number),
    authorityKeyIdentifier: readAuthorityKeyIdentifier(authority),
    baseNumber: base === undefined ? null : readCrlNumber(base),
    distributionPoint: point === undefined ? null : readIssuingDistributionPoint(point),
    freshestCrl: freshest === undefined ? null : readOnlyPoint(freshest),
  };
}

function readExtension(item: DerNode, values: Map<string, Uint8Array>): void {
  const [id, ...rest] = childrenOf(item);
  const value = rest.at(-1);
  if (id === undefined || value === undefined || rest.length > 2) throw invalid('an extension without a value');
  const [critical] = rest;
  const isCritical = rest.length === 2 && critical !== undefined && readBoolean(critical);
  if (rest.length === 2 && !isCritical) throw invalid('a default that is written');
  const name = readOid(id);
  if (criticality.get(name) !== isCritical || values.has(name)) throw invalid(`extension ${name}`);
  values.set(name, readOctets(value));
}

function readCrlNumber(value: Uint8Array): bigint {
  const node = readDer(value);
  const crlNumber = readInteger(node);
  if (crlNumber < 0n || node.content.length > 20) throw invalid('cRLNumber');
  return crlNumber;
}

function readOnlyPoint(value: Uint8Array): string {
  const [url, ...others] = readCrlDistributionPoints(value);
  if (url === undefined || others.length > 0) throw invalid('freshestCRL');
  return url;
}

function invalid(reason: string): PkiError {
  return new PkiError('crlInvalid', { reason });
}
