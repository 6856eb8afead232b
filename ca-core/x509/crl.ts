/** Certificate revocation lists, version 2 (RFC 5280 §5): full ones, those of one distribution point, and deltas. */
import { createPublicKey } from 'node:crypto';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { readCrlExtensions, type CrlExtensions } from './crl-extensions.ts';
import { entriesLength, entryPieces, readEntries, type CrlEntry } from './crl-entries.ts';
import { concat, equalBytes, explicit, integer, sequence, time, tlvHeader, type Der } from './der.ts';
import { childrenOf, readBits, readDer, readInteger, readTime } from './der-reader.ts';
import * as extensions from './extensions.ts';
import { collect, octetsOf, partOf, piecesOf, type Octets } from './octets.ts';
import { oids } from './oids.ts';
import { piecesHold, signatureAlgorithmDer, signatureAlgorithms, type SignatureAlgorithm } from './signed.ts';
import { spanAt, type Span } from './tlv-cursor.ts';

export interface TbsCertListInput {
  /** DER of the issuer's Name, copied from its certificate. */
  readonly issuer: Der;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  /** Walked twice: once for their length. */
  readonly entries: Iterable<CrlEntry>;
  readonly crlNumber: bigint;
  /** The issuer's subject key identifier. */
  readonly authorityKeyIdentifier: Uint8Array;
  /** For a delta: the number of the full CRL that it goes with. */
  readonly baseNumber?: bigint | undefined;
  /** The URL in its certificates' CDP, for a list of only those certificates. */
  readonly distributionPoint?: string | undefined;
  /** For a full CRL: where its delta is. */
  readonly freshestCrl?: string | undefined;
}

export interface TbsCertList extends CrlExtensions {
  /** DER of the Name. */
  readonly issuer: Uint8Array;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** Both times as they are written. */
  readonly times: readonly [Uint8Array, Uint8Array];
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  /** Read anew from the octets each time it is walked; walking throws derMalformed or crlInvalid at a bad entry. */
  readonly entries: Iterable<CrlEntry>;
}

/** A CRL of which the octets may be in a file. */
export interface CrlOctets extends TbsCertList {
  readonly octets: Octets;
  readonly tbsOctets: Octets;
  readonly signature: Uint8Array;
}

export interface CertificateRevocationList extends CrlOctets {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
}

/** TBSCertList (RFC 5280 §5.1.2), piece by piece, each good until the next one is asked for; revokedCertificates is absent when there is nothing to list. */
export function* tbsCertListPieces(input: TbsCertListInput): Generator<Uint8Array, void> {
  const head = concat(
    integer(1),
    signatureAlgorithmDer(input.signatureAlgorithm),
    input.issuer,
    time(input.thisUpdate),
    time(input.nextUpdate),
  );
  const length = entriesLength(input.entries);
  const list = length === 0 ? new Uint8Array(0) : tlvHeader(0x30, length);
  const tail = explicit(0, sequence(...crlExtensionsOf(input)));
  yield concat(tlvHeader(0x30, head.length + list.length + length + tail.length), head, list);
  yield* entryPieces(input.entries);
  yield tail;
}

export function encodeTbsCertList(input: TbsCertListInput): Der {
  return collect(tbsCertListPieces(input));
}

function crlExtensionsOf(input: TbsCertListInput): Der[] {
  const { baseNumber, distributionPoint: url, freshestCrl } = input;
  return [
    extensions.authorityKeyIdentifier(input.authorityKeyIdentifier),
    extensions.extension(oids.cRLNumber, 'nonCritical', integer(input.crlNumber)),
    ...(baseNumber === undefined ? [] : [extensions.deltaCrlIndicator(baseNumber)]),
    ...(url === undefined ? [] : [extensions.issuingDistributionPoint({ url })]),
    ...(freshestCrl === undefined ? [] : [extensions.freshestCrl(freshestCrl)]),
  ];
}

/** Reads a complete CRL. Throws derMalformed, or crlInvalid with a reason: also for a delta or a part, which tell less. */
export function readCrl(der: Uint8Array): CertificateRevocationList {
  const crl = readAnyCrl(der);
  if (crl.baseNumber !== null || crl.distributionPoint !== null) throw invalid('not a complete CRL');
  return crl;
}

/** Reads a CRL of any kind this CA makes: its `baseNumber` and `distributionPoint` say which. Throws as readCrl does. */
export function readAnyCrl(der: Uint8Array): CertificateRevocationList {
  const crl = readCrlOctets(octetsOf(der));
  return { ...crl, der, tbs: crl.tbsOctets.read(0, crl.tbsOctets.length) };
}

/** The same, for octets that need not be in memory. */
export function readCrlOctets(octets: Octets): CrlOctets {
  const head = octets.read(0, Math.min(octets.length, largestHead));
  const whole = spanAt(head, 0, octets.length);
  if (whole.identifier !== 0x30 || whole.end !== octets.length) throw invalid('not one SEQUENCE');
  const tbs = spanAt(head, whole.contentAt, octets.length);
  const tail = tailOf(octets, tbs.end);
  const algorithm = spanAt(tail, 0);
  const signature = spanAt(tail, algorithm.end);
  if (signature.end !== tail.length) throw invalid('not three elements');
  const tbsOctets = partOf(octets, whole.contentAt, tbs.end);
  const list = readTbsCertList(tbsOctets);
  if (readAlgorithm(tail.subarray(0, algorithm.end)) !== list.signatureAlgorithm)
    throw invalid('two different signature algorithms');
  const { unused, bytes } = readBits(readDer(tail.subarray(algorithm.end)));
  if (unused !== 0) throw invalid('signature with unused bits');
  return { ...list, octets, tbsOctets, signature: bytes };
}

/** All but the entries is short; more than this is no CRL of ours. */
const largestHead = 65_536;

function tailOf(octets: Octets, from: number): Uint8Array {
  if (octets.length - from > largestHead) throw invalid('too much behind the list');
  return octets.read(from, octets.length);
}

/** Reads a TBSCertList; entries are read when walked. Throws derMalformed, or crlInvalid with a reason. */
export function readTbsCertList(tbs: Octets): TbsCertList {
  const head = tbs.read(0, Math.min(tbs.length, largestHead));
  const whole = spanAt(head, 0, tbs.length);
  if (whole.identifier !== 0x30 || whole.end !== tbs.length) throw invalid('not one SEQUENCE');
  let at = whole.contentAt;
  const next = (): Uint8Array => {
    const { end } = spanAt(head, at);
    const element = head.subarray(at, end);
    at = end;
    return element;
  };
  const [version, algorithm, issuer, thisUpdate, nextUpdate] = [next(), next(), next(), next(), next()];
  const rest = spanAt(head, at, tbs.length);
  const revoked = rest.identifier === 0x30 ? rest : undefined;
  if (readInteger(readDer(version)) !== 1n) throw invalid('not version 2');
  return {
    issuer: nameBytes(issuer),
    signatureAlgorithm: readAlgorithm(algorithm),
    times: [thisUpdate, nextUpdate],
    thisUpdate: readTime(readDer(thisUpdate)),
    nextUpdate: readTime(readDer(nextUpdate)),
    entries: entriesOf(tbs, revoked),
    ...readCrlExtensions(readDer(tailOf(tbs, revoked?.end ?? at))),
  };
}

/** Whether the CRL's signature verifies under the issuer's public key (DER SubjectPublicKeyInfo). Never throws. */
export function verifyCrl(crl: CrlOctets, issuerSpki: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(issuerSpki), format: 'der', type: 'spki' });
    const { signatureAlgorithm: algorithm, signature } = crl;
    return piecesHold({ algorithm, pieces: () => piecesOf(crl.tbsOctets), signature }, key);
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

function entriesOf(tbs: Octets, revoked: Span | undefined): Iterable<CrlEntry> {
  if (revoked === undefined) return [];
  const { contentAt, end } = revoked;
  if (contentAt === end) throw invalid('revokedCertificates');
  return { [Symbol.iterator]: () => readEntries(partOf(tbs, contentAt, end)) };
}

function invalid(reason: string): PkiError {
  return new PkiError('crlInvalid', { reason });
}
