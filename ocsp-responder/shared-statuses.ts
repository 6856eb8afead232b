/** The statuses as a worker sees them: an index in its own memory, the records in the primary's file. */
import { closeSync, openSync, readSync } from 'node:fs';
import { PkiError } from '../ca-core/errors.ts';
import type { SerialSpan } from './cert-id-forms.ts';
import { hashOfOctets, openSerialIndex, type SerialIndex } from './serial-index.ts';
import { hasSerial, isWhole, readStatus, recordLength, serialOf } from './status-record.ts';
import type { KnownStatus } from './status.ts';

export interface SharedStatuses {
  readonly of: (serialNumber: string) => KnownStatus | undefined;
  /**
   * The first record number for which `isAt` holds, out of those that the serial number in `serial` may have; -1 for
   * none. The records themselves are not read.
   */
  readonly search: (input: Buffer, serial: SerialSpan, isAt: (slot: number) => boolean) => number;
  /** Learns which records there are: the first `slots` of the file. */
  readonly follow: (slots: number) => void;
  readonly close: () => void;
}

const recordsAtOnce = 16_384;

/** `slots`: how many records the file has now. */
export function openSharedStatuses(path: string, slots: number): SharedStatuses {
  const file = openSync(path, 'r');
  const index: SerialIndex = openSerialIndex(slots);
  const record = Buffer.alloc(recordLength);
  let known = 0;
  const load = (slot: number): void => {
    for (let attempt = 0; attempt < 100; attempt++) {
      const read = readSync(file, record, 0, recordLength, slot * recordLength);
      if (read === recordLength && isWhole(record, 0)) return;
    }
    throw new PkiError('storeUnavailable', { what: 'a record of the status map cannot be read', slot });
  };
  const isRecordOf = (octets: Buffer) => (slot: number) => {
    load(slot);
    return hasSerial(record, 0, octets, [0, octets.length]);
  };
  const follow = (count: number): void => {
    for (const hash of hashesIn(file, known, count)) {
      index.add(hash, () => hashesIn(file, 0, known));
      known++;
    }
  };
  follow(slots);
  return {
    of: serialNumber => {
      const octets = Buffer.from(serialNumber, 'hex');
      const slot = index.find(hashOfOctets(octets, 0, octets.length), isRecordOf(octets));
      // The search left the record of that very slot in `record`.
      return slot === -1 ? undefined : readStatus(record, 0);
    },
    search: (input, { start, end }, isAt) => index.find(hashOfOctets(input, start, end), isAt),
    follow,
    close: () => closeSync(file),
  };
}

/** Hashes of the serial numbers of these records; a serial number never changes. */
function* hashesIn(file: number, from: number, to: number): Generator<number> {
  const records = Buffer.alloc(recordsAtOnce * recordLength);
  for (let first = from; first < to; first += recordsAtOnce) {
    const wanted = Math.min(recordsAtOnce, to - first) * recordLength;
    const length = readSync(file, records, 0, wanted, first * recordLength);
    if (length < wanted)
      throw new PkiError('storeUnavailable', { what: 'the status map is shorter than it should be' });
    for (let at = 0; at < length; at += recordLength) {
      const octets = serialOf(records, at);
      yield hashOfOctets(octets, 0, octets.length);
    }
  }
}
