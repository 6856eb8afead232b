/** Reads certificates, strictly: version 3, DER, no repeated extension, both algorithms alike (RFC 5280 §4.1). */
import { createPublicKey } from 'node:crypto';
import { PkiError } from '../errors.ts';
import type { UnixTime } from '../clock.ts';
import { concat, equalBytes, toHex, type Der } from './der.ts';
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
import { readTime, type DerNode } from './der-reader.ts';
import { signatureAlgorithmDer, signatureAlgorithms, signatureHolds, type SignatureAlgorithm } from './signed.ts';

export interface ExtensionValue {
  readonly critical: boolean;
  /** The content of extnValue: DER of the extension's own type. */
  readonly value: Der;
}

export interface TbsCertificateFields {
  /** Lower-case hex of the positive integer's shortest unsigned octets. */
  readonly serialNumber: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  /** The Name as it was encoded; compare and copy these octets. */
  readonly issuer: Der;
  readonly subject: Der;
  readonly notBefore: UnixTime;
  readonly notAfter: UnixTime;
  readonly subjectPublicKeyInfo: Der;
  /** By dotted OID, in the encoded order. */
  readonly extensions: ReadonlyMap<string, ExtensionValue>;
}

export interface Certificate extends TbsCertificateFields {
  readonly der: Der;
  readonly tbs: Der;
  readonly signature: Der;
}

const longest = 65_536;
const firstSecondOf2050 = 2_524_608_000;
const algorithmsByHex = new Map(signatureAlgorithms.map(name => [toHex(signatureAlgorithmDer(name)), name]));

/** One certificate that fills the whole input. Throws derMalformed {what}. */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > longest) throw malformed('a certificate of this size');
  const [tbs, algorithm, signature] = childrenOf(expectTag(readDer(der), 16), 3);
  const fields = readTbs(expectTag(tbs, 16));
  if (algorithmOf(algorithm) !== fields.signatureAlgorithm) throw malformed('two signature algorithms');
  const { unused, bytes } = readBits(expectTag(signature, 3));
  if (unused !== 0) throw malformed('signature');
  return { ...fields, der: concat(der), tbs: copyOf(tbs), signature: concat(bytes) };
}

/** The TBSCertificate alone, as it is recorded before it is signed. Throws derMalformed {what}. */
export function readTbsCertificate(tbs: Uint8Array): TbsCertificateFields {
  if (tbs.length > longest) throw malformed('a certificate of this size');
  return readTbs(expectTag(readDer(tbs), 16));
}

/** Whether the certificate's signature holds under the issuer's key; a key that cannot be read verifies nothing. */
export function verifyCertificate(certificate: Certificate, issuerPublicKeyInfo: Uint8Array): boolean {
  const { signatureAlgorithm, tbs, signature } = certificate;
  try {
    const key = createPublicKey({ key: Buffer.from(issuerPublicKeyInfo), format: 'der', type: 'spki' });
    return (
      keyTypes[signatureAlgorithm] === key.asymmetricKeyType &&
      signatureHolds({ algorithm: signatureAlgorithm, message: tbs, signature }, key)
    );
  } catch {
    return false;
  }
}

const keyTypes: Readonly<Record<SignatureAlgorithm, 'rsa' | 'ec' | 'ed25519'>> = {
  sha256WithRSAEncryption: 'rsa',
  sha384WithRSAEncryption: 'rsa',
  'rsassa-pss-SHA256': 'rsa',
  'rsassa-pss-SHA384': 'rsa',
  'ecdsa-with-SHA256': 'ec',
  'ecdsa-with-SHA384': 'ec',
  ed25519: 'ed25519',
};

function readTbs(node: DerNode): TbsCertificateFields {
  const [version, serialNumber, algorithm, issuer, validity, subject, publicKey, extensions] = childrenOf(node, 8);
  if (readInteger(onlyChildOf(version, 0)) !== 2n) throw malformed('version');
  const [notBefore, notAfter] = childrenOf(expectTag(validity, 16), 2);
  return {
    serialNumber: readSerialNumber(expectTag(serialNumber, 2)),
    signatureAlgorithm: algorithmOf(algorithm),
    issuer: copyOf(expectTag(issuer, 16)),
    subject: copyOf(expectTag(subject, 16)),
    notBefore: readValidityTime(notBefore),
    notAfter: readValidityTime(notAfter),
    subjectPublicKeyInfo: copyOf(expectTag(publicKey, 16)),
    extensions: filled(readExtensions(onlyChildOf(extensions, 3))),
  };
}

function readSerialNumber(node: DerNode): string {
  if (node.content.length > 20 || readInteger(node) <= 0n) throw malformed('serialNumber');
  return toHex(node.content[0] === 0 ? node.content.subarray(1) : node.content);
}

/** UTCTime through 2049 and GeneralizedTime only after it (RFC 5280 §4.1.2.5). */
function readValidityTime(node: DerNode | undefined): UnixTime {
  if (node === undefined) throw malformed('validity');
  const time = readTime(node);
  if (node.tagNumber === 24 && time < firstSecondOf2050) throw malformed('GeneralizedTime before 2050');
  return time;
}

function filled(extensions: ReadonlyMap<string, ExtensionValue>): ReadonlyMap<string, ExtensionValue> {
  if (extensions.size === 0) throw malformed('extensions');
  return extensions;
}

/** Extensions (RFC 5280 §4.1.2.9) by dotted OID, in their order; each once. Throws derMalformed. */
export function readExtensions(node: DerNode): ReadonlyMap<string, ExtensionValue> {
  const extensions = new Map<string, ExtensionValue>();
  for (const element of childrenOf(expectTag(node, 16))) {
    const parts = childrenOf(expectTag(element, 16));
    const [id, critical] = parts;
    if (parts.length < 2 || parts.length > 3) throw malformed('Extension');
    const isCritical = parts.length === 3;
    if (isCritical && !readBoolean(expectTag(critical, 1))) throw malformed('DEFAULT FALSE encoded');
    const name = readOid(expectTag(id, 6));
    if (extensions.has(name)) throw malformed(`extension ${name} twice`);
    extensions.set(name, { critical: isCritical, value: concat(readOctets(expectTag(parts.at(-1), 4))) });
  }
  return extensions;
}

function algorithmOf(node: DerNode | undefined): SignatureAlgorithm {
  const algorithm = node === undefined ? undefined : algorithmsByHex.get(toHex(node.bytes));
  if (algorithm === undefined) throw malformed('signature algorithm');
  return algorithm;
}

function onlyChildOf(node: DerNode | undefined, tagNumber: number): DerNode {
  if (node?.tagClass !== 'context' || node.tagNumber !== tagNumber) throw malformed(`[${tagNumber}] was expected`);
  const [child] = childrenOf(node, 1);
  if (child === undefined) throw malformed(`[${tagNumber}] was expected`);
  return child;
}

function copyOf(node: DerNode | undefined): Der {
  if (node === undefined || !equalBytes(node.bytes.subarray(0, 1), Uint8Array.of(0x30))) throw malformed('SEQUENCE');
  return concat(node.bytes);
}

function malformed(what: string): PkiError {
  return new PkiError('derMalformed', { what });
}
