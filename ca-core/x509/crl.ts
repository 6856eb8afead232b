/** Certificate revocation lists, version 2 (RFC 5280 §5). */
import { createPublicKey } from 'node:crypto';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { encodeEntries, readEntries, type CrlEntry } from './crl-entries.ts';
import { equalBytes, explicit, integer, sequence, time, type Der } from './der.ts';
import {
  childrenOf,
  readBits,
  readDer,
  readInteger,
  readOctets,
  readOid,
  readTime,
  type DerNode,
} from './der-reader.ts';
import { authorityKeyIdentifier, extension } from './extensions.ts';
import { oids } from './oids.ts';
import { signatureAlgorithmDer, signatureAlgorithms, signatureHolds, type SignatureAlgorithm } from './signed.ts';
import { elementsOf, spanAt } from './tlv-cursor.ts';

export interface TbsCertListInput {
  /** DER of the issuer's Name, copied from its certificate. */
  readonly issuer: Der;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  readonly entries: Iterable<CrlEntry>;
  readonly crlNumber: bigint;
  /** The issuer's subject key identifier. */
  readonly authorityKeyIdentifier: Uint8Array;
}

export interface TbsCertList {
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  readonly crlNumber: bigint;
  readonly authorityKeyIdentifier: Uint8Array;
  /** Read anew from the bytes each time it is walked; walking throws derMalformed or crlInvalid at a bad entry. */
  readonly entries: Iterable<CrlEntry>;
}

export interface CertificateRevocationList extends TbsCertList {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signature: Uint8Array;
}

/** TBSCertList (RFC 5280 §5.1.2): a full CRL, revokedCertificates absent when there is nothing to list. */
export function encodeTbsCertList(input: TbsCertListInput): Der {
  const revoked = encodeEntries(input.entries);
  return sequence(
    integer(1),
    signatureAlgorithmDer(input.signatureAlgorithm),
    input.issuer,
    time(input.thisUpdate),
    time(input.nextUpdate),
    ...(revoked.length === 0 ? [] : [sequence(revoked)]),
    explicit(
      0,
      sequence(
        authorityKeyIdentifier(input.authorityKeyIdentifier),
        extension(oids.cRLNumber, 'nonCritical', integer(input.crlNumber)),
      ),
    ),
  );
}

/** Reads a whole CRL of the kind this CA makes. Throws derMalformed, or crlInvalid with a reason. */
export function readCrl(der: Uint8Array): CertificateRevocationList {
  const [tbs, algorithm, signature, ...rest] = elementsOf(der, 0x30);
  if (tbs === undefined || algorithm === undefined || signature === undefined || rest.length > 0) {
    throw invalid('not three elements');
  }
  const list = readTbsCertList(tbs);
  if (readAlgorithm(algorithm) !== list.signatureAlgorithm) throw invalid('two different signature algorithms');
  const { unused, bytes } = readBits(readDer(signature));
  if (unused !== 0) throw invalid('signature with unused bits');
  return { ...list, der, tbs, signature: bytes };
}

/** Reads a TBSCertList; entries are read when walked. Throws derMalformed, or crlInvalid with a reason. */
export function readTbsCertList(tbs: Uint8Array): TbsCertList {
  const [version, algorithm, issuer, thisUpdate, nextUpdate, ...rest] = elementsOf(tbs, 0x30);
  const extensions = rest.pop();
  const revoked = rest.pop();
  if (!version || !algorithm || !issuer || !thisUpdate || !nextUpdate || !extensions || rest.length > 0) {
    throw invalid('not the elements of a version 2 CRL');
  }
  if (readInteger(readDer(version)) !== 1n) throw invalid('not version 2');
  return {
    issuer: nameBytes(issuer),
    signatureAlgorithm: readAlgorithm(algorithm),
    thisUpdate: readTime(readDer(thisUpdate)),
    nextUpdate: readTime(readDer(nextUpdate)),
    entries: entriesOf(revoked),
    ...readListExtensions(readDer(extensions)),
  };
}

/** Whether the CRL's signature verifies under the issuer's public key (DER SubjectPublicKeyInfo). Never throws. */
export function verifyCrl(crl: CertificateRevocationList, issuerSpki: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(issuerSpki), format: 'der', type: 'spki' });
    const { signatureAlgorithm: algorithm, tbs: message, signature } = crl;
    return signatureHolds({ algorithm, message, signature }, key);
  } catch {
    return false;
  }
}

function readAlgorithm(der: Uint8Array): SignatureAlgorithm {
  const known = signatureAlgorithms.find(algorithm => equalBytes(signatureAlgorithmDer(algorithm), der));
  if (known === undefined) throw invalid('signature algorithm');
  return known;
}

function nameBytes(issuer: Uint8Array): Uint8Array {
  if (childrenOf(readDer(issuer)).length === 0) throw invalid('empty issuer');
  return issuer;
}

function entriesOf(revoked: Uint8Array | undefined): Iterable<CrlEntry> {
  if (revoked === undefined) return [];
  const { identifier, contentAt, end } = spanAt(revoked, 0);
  if (identifier !== 0x30 || contentAt === end) throw invalid('revokedCertificates');
  return { [Symbol.iterator]: () => readEntries(revoked.subarray(contentAt)) };
}

/** authorityKeyIdentifier and cRLNumber, both needed, neither critical, and nothing else (RFC 5280 §5.2.1, §5.2.3). */
function readListExtensions(node: DerNode): Pick<TbsCertList, 'authorityKeyIdentifier' | 'crlNumber'> {
  const [list] = childrenOf(node, 1);
  if (list === undefined || node.tagClass !== 'context' || node.tagNumber !== 0) throw invalid('crlExtensions');
  const values = new Map<string, Uint8Array>();
  for (const item of childrenOf(list, 2)) {
    const [id, value] = childrenOf(item, 2);
    if (id !== undefined && value !== undefined) values.set(readOid(id), readOctets(value));
  }
  const number = values.get(oids.cRLNumber);
  const authority = values.get(oids.authorityKeyIdentifier);
  if (number === undefined || authority === undefined) throw invalid('cRLNumber or authorityKeyIdentifier is missing');
  return { crlNumber: readCrlNumber(number), authorityKeyIdentifier: readKeyIdentifier(authority) };
}

function readCrlNumber(value: Uint8Array): bigint {
  const node = readDer(value);
  const crlNumber = readInteger(node);
  if (crlNumber < 0n || node.content.length > 20) throw invalid('cRLNumber');
  return crlNumber;
}

function readKeyIdentifier(value: Uint8Array): Uint8Array {
  const [identifier] = childrenOf(readDer(value), 1);
  if (identifier?.tagClass !== 'context' || identifier.tagNumber !== 0 || identifier.constructed) {
    throw invalid('authorityKeyIdentifier');
  }
  return identifier.content;
}

function invalid(reason: string): PkiError {
  return new PkiError('crlInvalid', { reason });
}
