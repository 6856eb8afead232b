/**
 * The entries of a CRL (RFC 5280 §5.1.2.6, §5.3), written in pieces and read one at a time: a list of a million
 * entries never stands in memory as a whole.
 */
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { concat, enumerated, equalBytes, generalizedTime, octetString, oid, sequence, type Der } from './der.ts';
import { childrenOf, readDer, readEnumerated, readOctets, readOid, readTime, type DerNode } from './der-reader.ts';
import type { Octets } from './octets.ts';
import { oids } from './oids.ts';
import { openTimeReader, openTimeWriter } from './times-of-day.ts';
import { spanAt } from './tlv-cursor.ts';

/** CRLReason (RFC 5280 §5.3.1); 7 is not used. */
export const crlReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;
export type CrlReason = keyof typeof crlReasons;

export interface CrlEntry {
  /** Lower-case hex of the positive integer's minimal octets. */
  readonly serialNumber: string;
  readonly revokedAt: UnixTime;
  /** null where no reasonCode stands; `unspecified` is written as none (RFC 5280 §5.3.1). */
  readonly reason: CrlReason | null;
  readonly invalidityDate: UnixTime | null;
}

const pieceSize = 65_536;
const largestEntry = 160;
/** An entry that is read may be longer than ours, but not by much. */
const largestRead = 4_096;
const windowSize = 1 << 18;
const reasonExtensions = new Map<CrlReason | null, Der>();
const reasonNames = new Map<number, CrlReason>(
  (Object.keys(crlReasons) as CrlReason[]).map(name => [crlReasons[name], name]),
);

/** The entries' TLVs side by side, without the SEQUENCE around them; each piece has whole entries, and is good until the next one is asked for. Throws crlInvalid for an impossible serial number. */
export function* entryPieces(entries: Iterable<CrlEntry>): Generator<Uint8Array, void> {
  const buffer = Buffer.allocUnsafe(pieceSize);
  let at = 0;
  const encodeTime = openTimeWriter();
  for (const entry of entries) {
    if (buffer.length - at < largestEntry) {
      yield buffer.subarray(0, at);
      at = 0;
    }
    at = writeEntry(buffer, at, entry.serialNumber, [encodeTime(entry.revokedAt), extensionsOf(entry)]);
  }
  if (at > 0) yield buffer.subarray(0, at);
}

/** How many octets `entryPieces` gives of these entries. */
export function entriesLength(entries: Iterable<CrlEntry>): number {
  let length = 0;
  for (const entry of entries) {
    const serialLength = entry.serialNumber.length / 2 + (entry.serialNumber >= '8' ? 1 : 0);
    length += 4 + serialLength + timeLength(entry.revokedAt) + extensionsOf(entry).length;
  }
  return length;
}

/** Reads entries one after another from the content of revokedCertificates. Throws derMalformed or crlInvalid. */
export function* readEntries(content: Octets): Generator<CrlEntry, void> {
  const { length } = content;
  const decodeTime = openTimeReader();
  const into = Buffer.allocUnsafe(Math.min(windowSize, length));
  let window: { readonly from: number; readonly bytes: Buffer } = { from: 0, bytes: Buffer.alloc(0) };
  for (let at = 0; at < length;) {
    if (at + largestRead > window.from + window.bytes.length && window.from + window.bytes.length < length)
      window = { from: at, bytes: bufferOf(content.read(at, Math.min(length, at + windowSize), into)) };
    const entry = spanAt(window.bytes, at - window.from);
    if (entry.identifier !== 0x30) throw invalid('an entry is not a SEQUENCE');
    yield readEntry(window.bytes, { start: entry.contentAt, limit: entry.end, decodeTime });
    at = window.from + entry.end;
  }
}

/** The content octets of a positive INTEGER as a serial number; undefined when negative, zero or not minimal. */
export function serialNumberFrom(content: Uint8Array): string | undefined {
  const [first, second] = content;
  if (first === undefined || first >= 0x80 || (first === 0 && (second === undefined || second < 0x80)))
    return undefined;
  return Buffer.from(content.buffer, content.byteOffset, content.length).toString('hex', first === 0 ? 1 : 0);
}

/** UTCTime through 2049, GeneralizedTime after: both of known length (RFC 5280 §5.1.2.6). */
const timeLength = (at: UnixTime): number => (at < 2_524_608_000 ? 15 : 17);

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** One entry: every part is short, so the lengths are single octets. */
function writeEntry(buffer: Buffer, start: number, serialNumber: string, parts: readonly Uint8Array[]): number {
  if (!/^(?!00)([0-9a-f]{2}){1,20}$/.test(serialNumber)) throw invalid(`serial number ${serialNumber}`);
  const serialAt = start + 4;
  const padding = serialNumber >= '8' ? 1 : 0;
  buffer[serialAt] = 0;
  const serialLength = padding + buffer.write(serialNumber, serialAt + padding, 'hex');
  buffer[start + 2] = 0x02;
  buffer[start + 3] = serialLength;
  let at = serialAt + serialLength;
  for (const part of parts) {
    buffer.set(part, at);
    at += part.length;
  }
  buffer[start] = 0x30;
  buffer[start + 1] = at - start - 2;
  return at;
}

function extensionsOf({ reason, invalidityDate }: CrlEntry): Uint8Array {
  if (invalidityDate !== null) return encodeExtensions(reason, invalidityDate);
  const known = reasonExtensions.get(reason);
  if (known !== undefined) return known;
  const der = encodeExtensions(reason, null);
  reasonExtensions.set(reason, der);
  return der;
}

function encodeExtensions(reason: CrlReason | null, invalidityDate: UnixTime | null): Der {
  const extensions: Der[] = [];
  if (reason !== null && reason !== 'unspecified') {
    extensions.push(sequence(oid(oids.reasonCode), octetString(enumerated(crlReasons[reason]))));
  }
  if (invalidityDate !== null) {
    extensions.push(sequence(oid(oids.invalidityDate), octetString(generalizedTime(invalidityDate))));
  }
  return extensions.length === 0 ? concat() : sequence(...extensions);
}

interface EntrySpan {
  readonly start: number;
  readonly limit: number;
  readonly decodeTime: (der: Uint8Array) => UnixTime;
}

function readEntry(bytes: Buffer, { start, limit, decodeTime }: EntrySpan): CrlEntry {
  const serial = spanAt(bytes, start, limit);
  const date = spanAt(bytes, serial.end, limit);
  const serialNumber = serialNumberFrom(bytes.subarray(serial.contentAt, serial.end));
  if (serial.identifier !== 0x02 || serialNumber === undefined)
    throw invalid('an entry without a positive serial number');
  const revokedAt = decodeTime(bytes.subarray(serial.end, date.end));
  const extensions = bytes.subarray(date.end, limit);
  if (extensions.length === 0) return { serialNumber, revokedAt, reason: null, invalidityDate: null };
  for (const [reason, der] of reasonExtensions) {
    if (equalBytes(der, extensions)) return { serialNumber, revokedAt, reason, invalidityDate: null };
  }
  return { serialNumber, revokedAt, ...readExtensions(extensions) };
}

function readExtensions(der: Uint8Array): Pick<CrlEntry, 'reason' | 'invalidityDate'> {
  const values = new Map<string, DerNode>();
  for (const extension of childrenOf(readDer(der))) {
    const [id, value] = childrenOf(extension, 2);
    if (id === undefined || value === undefined) throw invalid('an entry extension without a value');
    if (values.has(readOid(id))) throw invalid('an entry extension twice');
    values.set(readOid(id), readDer(readOctets(value)));
  }
  const code = values.get(oids.reasonCode);
  const date = values.get(oids.invalidityDate);
  if (values.size === 0 || values.size !== Number(code !== undefined) + Number(date !== undefined)) {
    throw invalid('an unknown or empty entry extension');
  }
  return {
    reason: code === undefined ? null : reasonOf(readEnumerated(code)),
    invalidityDate: date === undefined ? null : readTime(date),
  };
}

function reasonOf(code: number): CrlReason {
  const reason = reasonNames.get(code);
  if (reason === undefined) throw invalid(`reason code ${code}`);
  return reason;
}

function invalid(reason: string): PkiError {
  return new PkiError('crlInvalid', { reason });
}
