/** Register snapshots: loaded beside the current one, then made current in one step. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

export type SnapshotRegister = 'nta' | 'robins';

export interface SnapshotEntry {
  readonly corporateNumber: string;
  readonly entry: string;
}

export async function beginSnapshot(database: Database, register: SnapshotRegister): Promise<string> {
  const id = randomUUID();
  await database('register_snapshots').insert({ id, register, entries: 0 });
  return id;
}

/** Later entries for a number replace earlier ones: the publication lists history rows oldest first. */
export async function addEntries(
  database: Database,
  snapshotId: string,
  entries: readonly SnapshotEntry[],
): Promise<void> {
  const rows = entries.map(({ corporateNumber, entry }) => ({
    snapshot_id: snapshotId,
    corporate_number: corporateNumber,
    entry,
  }));
  await database.transaction(async trx => {
    for (let start = 0; start < rows.length; start += 200) {
      await trx('register_entries')
        .insert(rows.slice(start, start + 200))
        .onConflict(['snapshot_id', 'corporate_number'])
        .merge();
    }
  });
}

/** Returns how many organisations the register now holds. */
export async function makeCurrent(
  database: Database,
  snapshot: { id: string; register: SnapshotRegister; at: number },
): Promise<number> {
  return database.transaction(async trx => {
    const [counted] = await trx<{ entries: number }>('register_entries')
      .where('snapshot_id', snapshot.id)
      .count({ entries: '*' });
    const entries = Number(counted?.entries ?? 0);
    const older = trx('register_snapshots')
      .select('id')
      .where('register', snapshot.register)
      .whereNot('id', snapshot.id);
    await trx('register_entries').whereIn('snapshot_id', older).delete();
    await trx('register_snapshots').where('register', snapshot.register).whereNot('id', snapshot.id).delete();
    await trx('register_snapshots').where('id', snapshot.id).update({ entries, current_since: snapshot.at });
    return entries;
  });
}

/** What was loaded in vain goes away. */
export async function dropSnapshot(database: Database, id: string): Promise<void> {
  await database.transaction(async trx => {
    await trx('register_entries').where('snapshot_id', id).delete();
    await trx('register_snapshots').where('id', id).delete();
  });
}

/** Null when no snapshot of the register was ever imported. */
export async function currentSnapshot(
  database: Database,
  register: SnapshotRegister,
): Promise<{ id: string; since: number; entries: number } | null> {
  const row = await database<{ id: string; current_since: number; entries: number }>('register_snapshots')
    .where('register', register)
    .whereNotNull('current_since')
    .first();
  return row === undefined ? null : { id: row.id, since: row.current_since, entries: row.entries };
}

export async function entryOf(database: Database, snapshotId: string, corporateNumber: string): Promise<string | null> {
  const row = await database<{ snapshot_id: string; corporate_number: string; entry: string }>('register_entries')
    .where({ snapshot_id: snapshotId, corporate_number: corporateNumber })
    .first('entry');
  return row?.entry ?? null;
}
