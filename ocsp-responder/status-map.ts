/** Every certificate's status in the primary's memory, in whole blocks and not as objects, and in a file for the workers. */
import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { hashOfOctets, openSerialIndex } from './serial-index.ts';
import { hasSerial, readStatus, recordLength, serialOf, stampOf, writeRecord } from './status-record.ts';
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
  /** Writes all of it to a new file, and from then on every change. */
  readonly publish: (file: string) => void;
  readonly close: () => void;
}

const blockRecords = 32_768;

export function openStatusMap(): StatusMap {
  const records = openRecords();
  const { place, slotOf } = records;
  let file: number | undefined;
  return {
    size: records.size,
    slotOf: serialNumber => slotOf(Buffer.from(serialNumber, 'hex')),
    of: serialNumber => {
      const slot = slotOf(Buffer.from(serialNumber, 'hex'));
      return slot === -1 ? undefined : readStatus(...place(slot));
    },
    at: slot => {
      const [block, at] = place(slot);
      const serialNumber = serialOf(block, at).toString('hex');
      return { serialNumber, status: readStatus(block, at), stamp: stampOf(block, at) };
    },
    stampAt: slot => stampOf(...place(slot)),
    put: (serialNumber, status) => {
      const octets = Buffer.from(serialNumber, 'hex');
      const known = slotOf(octets);
      const slot = known === -1 ? records.add(octets) : known;
      const [block, at] = place(slot);
      writeRecord(block, at, octets, status);
      if (file !== undefined) writeSync(file, block, at, recordLength, slot * recordLength);
      return slot;
    },
    publish: path => {
      const opened = openSync(`${path}.new`, 'w', 0o600);
      records.blocks().forEach((block, turn) => writeSync(opened, block, 0, block.length, turn * block.length));
      fsyncSync(opened);
      renameSync(`${path}.new`, path);
      file = opened;
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Where a record lies: its block and the offset there. */
type Place = [Buffer, number];

interface Records {
  readonly size: () => number;
  readonly blocks: () => readonly Buffer[];
  /** Throws RangeError where there is no such record. */
  readonly place: (slot: number) => Place;
  readonly slotOf: (octets: Buffer) => number;
  /** The number of a new record for this serial number, to be written by the caller. */
  readonly add: (octets: Buffer) => number;
}

function openRecords(): Records {
  const blocks: Buffer[] = [];
  const index = openSerialIndex(0);
  let size = 0;
  const place = (slot: number): Place => {
    const block = blocks[Math.floor(slot / blockRecords)];
    if (block === undefined) throw new RangeError(`no record ${slot}`);
    return [block, (slot % blockRecords) * recordLength];
  };
  function* hashes(): Generator<number> {
    for (let slot = 0; slot < size; slot++) yield hashOf(serialOf(...place(slot)));
  }
  return {
    size: () => size,
    blocks: () => blocks,
    place,
    slotOf: octets => index.find(hashOf(octets), slot => hasSerial(...place(slot), octets, [0, octets.length])),
    add: octets => {
      if (size % blockRecords === 0) blocks.push(Buffer.alloc(blockRecords * recordLength));
      index.add(hashOf(octets), hashes);
      return size++;
    },
  };
}

const hashOf = (octets: Buffer): number => hashOfOctets(octets, 0, octets.length);
