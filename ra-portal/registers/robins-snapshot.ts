import { parse } from 'yaml';
import type { RobinsRecord } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { Database } from '../store/database.ts';
import { addEntries, beginSnapshot, currentSnapshot, entryOf, makeCurrent } from '../store/snapshots.ts';
import { sha256Hex } from './nta-row.ts';
import type { RegisterSource } from './register-source.ts';
import { readRobinsEntries, readRobinsEntry, robinsRecordOf } from './robins-entry.ts';

/**
 * Imports ROBINS entries (YAML: `entries`, a list) in place of the ones before and returns their number.
 * Throws policyInvalid with every mistake, and changes nothing then.
 */
export async function importRobinsSnapshot(database: Database, yamlText: string, now: number): Promise<number> {
  const entries = readRobinsEntries(readYaml(yamlText));
  const id = await beginSnapshot(database, 'robins');
  const rows = entries.map(entry => ({ corporateNumber: entry.corporateNumber, entry: JSON.stringify(entry) }));
  await addEntries(database, id, rows);
  return makeCurrent(database, { id, register: 'robins', at: now });
}

function readYaml(yamlText: string): unknown {
  try {
    return parse(yamlText);
  } catch (error) {
    throw new PkiError('policyInvalid', { file: 'ROBINS snapshot', mistakes: [String(error)] });
  }
}

/** Asks the imported snapshot. Throws registerUnavailable when none was ever imported. */
export function robinsSnapshot(database: Database): RegisterSource<RobinsRecord> {
  const find = async (corporateNumber: string, now: number): Promise<RobinsRecord | null> => {
    const snapshot = await currentSnapshot(database, 'robins');
    if (snapshot === null) throw new PkiError('registerUnavailable', { register: 'robins', because: 'no snapshot' });
    const entry = await entryOf(database, snapshot.id, corporateNumber);
    if (entry === null) return null;
    const provenance = { source: 'robins-snapshot', fetchedAt: now, rawHash: sha256Hex(entry) } as const;
    return robinsRecordOf(readRobinsEntry(JSON.parse(entry)), provenance);
  };
  return { name: 'robins-snapshot', find };
}
