import type { Readable } from 'node:stream';
import { checkCorporateNumber, type NtaRecord } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { Database } from '../store/database.ts';
import {
  addEntries,
  beginSnapshot,
  currentSnapshot,
  dropSnapshot,
  entryOf,
  makeCurrent,
  type SnapshotEntry,
} from '../store/snapshots.ts';
import { csvStream, isCsvFault, ntaRecordOf, ntaRowOf, readCsv, sha256Hex, type RawRow } from './nta-row.ts';
import type { RegisterSource } from './register-source.ts';

const batchSize = 2_000;
const mostMistakes = 20;

/**
 * Imports the NTA's 30-column CSV (UTF-8, no header) and returns how many organisations it holds. Of several history
 * rows of one number the latest stays. Until the last row is in, the snapshot before it answers.
 * Throws policyInvalid with the first 20 mistakes, and changes nothing then.
 */
export async function importNtaSnapshot(database: Database, csv: Readable, now: number): Promise<number> {
  const id = await beginSnapshot(database, 'nta');
  try {
    const mistakes = await loadRows(database, id, csv);
    if (mistakes.length > 0) throw new PkiError('policyInvalid', { file: 'NTA snapshot', mistakes });
  } catch (error) {
    await dropSnapshot(database, id);
    throw isCsvFault(error)
      ? new PkiError('policyInvalid', { file: 'NTA snapshot', mistakes: [error.message] })
      : error;
  }
  return makeCurrent(database, { id, register: 'nta', at: now });
}

/** Batch by batch; what is wrong with the first bad rows. */
async function loadRows(database: Database, id: string, csv: Readable): Promise<readonly string[]> {
  const mistakes: string[] = [];
  let batch = new Map<string, SnapshotEntry>();
  let line = 0;
  for await (const row of csv.pipe(csvStream()) as AsyncIterable<RawRow>) {
    line += 1;
    const read = readRow(row);
    if (typeof read === 'string') mistakes.push(`row ${line}: ${read}`);
    else if (read.latest) batch.set(read.entry.corporateNumber, read.entry);
    if (mistakes.length >= mostMistakes) break;
    if (batch.size < batchSize) continue;
    await addEntries(database, id, [...batch.values()]);
    batch = new Map();
  }
  await addEntries(database, id, [...batch.values()]);
  return line === 0 ? ['no rows'] : mistakes;
}

function readRow({ record, raw }: RawRow): { entry: SnapshotEntry; latest: boolean } | string {
  const row = ntaRowOf(record);
  if (row === null) return `${record.length} columns, not 30`;
  if (raw.includes('\uFFFD')) return 'not UTF-8';
  if (!hasCheckDigit(row.corporateNumber)) return 'corporateNumber has a wrong check digit';
  return {
    entry: { corporateNumber: row.corporateNumber, entry: raw.trimEnd() },
    latest: row.latest !== '0',
  };
}

function hasCheckDigit(corporateNumber: string): boolean {
  try {
    checkCorporateNumber(corporateNumber);
    return true;
  } catch {
    return false;
  }
}

/** Asks the imported snapshot. Throws registerUnavailable when none was ever imported. */
export function ntaSnapshot(database: Database): RegisterSource<NtaRecord> {
  const find = async (corporateNumber: string, now: number): Promise<NtaRecord | null> => {
    const snapshot = await currentSnapshot(database, 'nta');
    if (snapshot === null) throw new PkiError('registerUnavailable', { register: 'nta', because: 'no snapshot' });
    const entry = await entryOf(database, snapshot.id, corporateNumber);
    const row = entry === null ? null : ntaRowOf(readCsv(entry)[0] ?? []);
    return entry === null || row === null
      ? null
      : ntaRecordOf(row, { source: 'nta-snapshot', fetchedAt: now, rawHash: sha256Hex(entry) });
  };
  return { name: 'nta-snapshot', find };
}
