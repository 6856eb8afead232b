/**
 * One certificate's status in 52 octets, the same in memory and in the file that the workers read: checksum (4),
 * length of the serial number, kind, reason, 0, serial number (20), notAfter, revocationTime, invalidityDate, CRL
 * number (6 each).
 */
import { crlReasons, type CrlReason } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { KnownStatus } from './status.ts';

export const recordLength = 52;
const longestSerial = 20;
const serialAt = 8;
const none = 0xffff_ffff_ffff;
const noReason = 0xff;
const reasonOfCode = new Map<number, CrlReason>(
  Object.entries(crlReasons).map(([name, code]) => [code, name as CrlReason]),
);

/** Writes the record at `at`. Throws storeUnavailable for a serial number or CRL number that fits no record. */
export function writeRecord(records: Buffer, at: number, serial: Uint8Array, status: KnownStatus): void {
  if (serial.length === 0 || serial.length > longestSerial) throw unfit('serial number');
  records.fill(0, at, at + recordLength);
  records[at + 4] = serial.length;
  records.set(serial, at + serialAt);
  records.writeUIntBE(status.notAfter ?? none, at + 28, 6);
  if (status.status === 'good') {
    records[at + 5] = 1;
  } else {
    if (status.afterCrl >= BigInt(none)) throw unfit('CRL number');
    records[at + 5] = 2;
    records[at + 6] = status.reason === null ? noReason : crlReasons[status.reason];
    records.writeUIntBE(status.revokedAt, at + 34, 6);
    records.writeUIntBE(status.invalidityDate ?? none, at + 40, 6);
    records.writeUIntBE(Number(status.afterCrl), at + 46, 6);
  }
  records.writeInt32BE(checksumOf(records, at), at);
}

/** False while another program is writing it. */
export function isWhole(records: Buffer, at: number): boolean {
  return records.readInt32BE(at) === checksumOf(records, at);
}

export function readStatus(records: Buffer, at: number): KnownStatus {
  const notAfter = records.readUIntBE(at + 28, 6);
  if (records[at + 5] === 1) return { status: 'good', notAfter };
  const invalidityDate = records.readUIntBE(at + 40, 6);
  return {
    status: 'revoked',
    revokedAt: records.readUIntBE(at + 34, 6),
    reason: reasonOfCode.get(records[at + 6] ?? noReason) ?? null,
    invalidityDate: invalidityDate === none ? null : invalidityDate,
    afterCrl: BigInt(records.readUIntBE(at + 46, 6)),
    notAfter: notAfter === none ? null : notAfter,
  };
}

/** Another status has another stamp. */
export const stampOf = (records: Buffer, at: number): number => records.readInt32BE(at);

/** The serial number's octets, a view. */
export function serialOf(records: Buffer, at: number): Buffer {
  return records.subarray(at + serialAt, at + serialAt + (records[at + 4] ?? 0));
}

/** Whether the record is of the serial number that stands in `input` from `start` to `end`. */
export function hasSerial(records: Buffer, at: number, input: Uint8Array, span: readonly [number, number]): boolean {
  const [start, end] = span;
  if (records[at + 4] !== end - start) return false;
  for (let index = start; index < end; index++) {
    if (records[at + serialAt + index - start] !== input[index]) return false;
  }
  return true;
}

/** FNV-1a over all but the checksum itself: against torn and rotten octets, not against people. */
function checksumOf(records: Buffer, at: number): number {
  let sum = 0x811c9dc5 | 0;
  for (let index = at + 4; index < at + recordLength; index++) sum = Math.imul(sum ^ (records[index] ?? 0), 0x01000193);
  return sum;
}

function unfit(what: string): PkiError {
  return new PkiError('storeUnavailable', { what: `a ${what} that is longer than the status map can hold` });
}
