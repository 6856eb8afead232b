/** Where the status records are: in memory while the journal is read, then in the file that all programs share. */
import { closeSync, readSync, writeSync } from 'node:fs';
import { PkiError } from '../ca-core/errors.ts';
import { isWhole, recordLength } from './status-record.ts';

export interface RecordPlace {
  /** A block and where in it the record is; good until the next call. */
  readonly read: (slot: number) => [Buffer, number];
  readonly write: (slot: number, fill: (block: Buffer, at: number) => void) => void;
  /** All of them, in order; what is behind the last is empty. */
  readonly blocks: () => readonly Buffer[];
  readonly close: () => void;
}

const blockRecords = 32_768;

export function inMemory(): RecordPlace {
  const blocks: Buffer[] = [];
  const placeOf = (slot: number): [Buffer, number] => {
    const turn = Math.floor(slot / blockRecords);
    const block = blocks[turn] ?? Buffer.alloc(blockRecords * recordLength);
    blocks[turn] = block;
    return [block, (slot % blockRecords) * recordLength];
  };
  return { read: placeOf, write: (slot, fill) => fill(...placeOf(slot)), blocks: () => blocks, close: () => undefined };
}

/** A record in it takes no memory. Reading throws storeUnavailable where the file has rotted. */
export function inFile(file: number): RecordPlace {
  const record = Buffer.alloc(recordLength);
  const state = { isOpen: true };
  return {
    read: slot => {
      const read = readSync(file, record, 0, recordLength, slot * recordLength);
      if (read !== recordLength || !isWhole(record, 0)) {
        throw new PkiError('storeUnavailable', { what: 'a record of the status map cannot be read', slot });
      }
      return [record, 0];
    },
    write: (slot, fill) => {
      fill(record, 0);
      writeSync(file, record, 0, recordLength, slot * recordLength);
    },
    blocks: () => [],
    close: () => {
      if (state.isOpen) closeSync(file);
      state.isOpen = false;
    },
  };
}
