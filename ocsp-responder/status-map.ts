/** Every certificate's status: found by an index in memory, and once published kept in a file that the workers read too. */
import { fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { inFile, inMemory, type RecordPlace } from './record-place.ts';
import { hashOfOctets, openSerialIndex } from './serial-index.ts';
import { hasSerial, readStatus, serialOf, stampOf, writeRecord } from './status-record.ts';
import type { KnownStatus } from './status.ts';

export interface StatusMap {
  readonly size: () => number;
  readonly of: (serialNumber: string) => KnownStatus | undefined;
  /** Record numbers go from 0 in the order of first appearance and stay. -1 where there is none. */
  readonly slotOf: (serialNumber: string) => number;
  readonly at: (slot: number) => {
    readonly serialNumber: string;
    readonly status: KnownStatus;
    readonly stamp: number;
  };
  readonly stampAt: (slot: number) => number;
  /** The record number of what was put. */
  readonly put: (serialNumber: string, status: KnownStatus) => number;
  /** Moves all of it to a new file, once; every change goes there from then on. */
  readonly publish: (file: string) => void;
  readonly close: () => void;
}

export function openStatusMap(): StatusMap {
  const records = openRecords();
  const { read, slotOf } = records;
  return {
    size: records.size,
    slotOf: serialNumber => slotOf(Buffer.from(serialNumber, 'hex')),
    of: serialNumber => {
      const slot = slotOf(Buffer.from(serialNumber, 'hex'));
      return slot === -1 ? undefined : readStatus(...read(slot));
    },
    at: slot => {
      const [block, at] = read(slot);
      const serialNumber = serialOf(block, at).toString('hex');
      return { serialNumber, status: readStatus(block, at), stamp: stampOf(block, at) };
    },
    stampAt: slot => stampOf(...read(slot)),
    put: (serialNumber, status) => {
      const octets = Buffer.from(serialNumber, 'hex');
      const known = slotOf(octets);
      const slot = known === -1 ? records.add(octets) : known;
      records.write(slot, (block, at) => writeRecord(block, at, octets, status));
      return slot;
    },
    publish: records.moveTo,
    close: records.close,
  };
}

/** Where a record lies: a block and the offset there. Good until the next one is asked for. */
type Place = [Buffer, number];

interface Records {
  readonly size: () => number;
  /** Throws RangeError where there is no such record, storeUnavailable where the file has rotted. */
  readonly read: (slot: number) => Place;
  readonly write: (slot: number, fill: (block: Buffer, at: number) => void) => void;
  readonly slotOf: (octets: Buffer) => number;
  /** The number of a new record for this serial number, to be written by the caller. */
  readonly add: (octets: Buffer) => number;
  /** From memory into a new file, where they are from then on: other programs read them there. */
  readonly moveTo: (path: string) => void;
  readonly close: () => void;
}

function openRecords(): Records {
  const index = openSerialIndex(0);
  let place: RecordPlace = inMemory();
  let size = 0;
  const read = (slot: number): Place => {
    if (slot < 0 || slot >= size) throw new RangeError(`no record ${slot}`);
    return place.read(slot);
  };
  function* hashes(): Generator<number> {
    for (let slot = 0; slot < size; slot++) yield hashOf(serialOf(...place.read(slot)));
  }
  return {
    size: () => size,
    read,
    write: (slot, fill) => place.write(slot, fill),
    slotOf: octets => index.find(hashOf(octets), slot => hasSerial(...read(slot), octets, [0, octets.length])),
    add: octets => {
      index.add(hashOf(octets), hashes);
      return size++;
    },
    moveTo: path => {
      const file = openSync(`${path}.new`, 'w+', 0o600);
      for (const block of place.blocks()) writeSync(file, block);
      fsyncSync(file);
      renameSync(`${path}.new`, path);
      place = inFile(file);
    },
    close: () => place.close(),
  };
}

const hashOf = (octets: Buffer): number => hashOfOctets(octets, 0, octets.length);
