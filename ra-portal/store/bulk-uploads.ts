/** Files that were checked, and what was found: both sealed (uploads/seal-at-rest.ts), the LRA's own and nobody else's. */
import type { Database } from './database.ts';

export interface SealedCheck {
  readonly id: string;
  /** Id of the LRA in people. */
  readonly owner: string;
  /** JSON. */
  readonly reading: string;
  readonly verdict: Uint8Array;
  readonly createdAt: number;
  readonly checkedAt: number;
}

interface UploadRow {
  id: string;
  owner: string;
  reading: string;
  file: Buffer;
  verdict: Buffer;
  created_at: number;
  checked_at: number;
}

const table = 'bulk_uploads';

export async function addBulkUpload(database: Database, check: SealedCheck, file: Uint8Array): Promise<void> {
  await database<UploadRow>(table).insert({
    id: check.id,
    owner: check.owner,
    reading: check.reading,
    file: Buffer.from(file),
    verdict: Buffer.from(check.verdict),
    created_at: check.createdAt,
    checked_at: check.checkedAt,
  });
}

/** Newest first. */
export async function bulkUploadsOf(database: Database, owner: string, since: number): Promise<readonly SealedCheck[]> {
  const rows = await database<UploadRow>(table)
    .where({ owner })
    .where('created_at', '>=', since)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .select('id', 'owner', 'reading', 'verdict', 'created_at', 'checked_at');
  return rows.map(checkOf);
}

export type UploadPlace = Pick<SealedCheck, 'id' | 'owner'>;

/** Null where this LRA has none by that id. */
export async function findBulkUpload(
  database: Database,
  { id, owner }: UploadPlace,
  since: number,
): Promise<{ readonly check: SealedCheck; readonly file: Uint8Array } | null> {
  const row = await database<UploadRow>(table).where({ id, owner }).where('created_at', '>=', since).first();
  return row === undefined ? null : { check: checkOf(row), file: row.file };
}

export async function keepBulkCheck(
  database: Database,
  { id, owner, reading, verdict, checkedAt }: Omit<SealedCheck, 'createdAt'>,
): Promise<void> {
  await database<UploadRow>(table)
    .where({ id, owner })
    .update({ reading, verdict: Buffer.from(verdict), checked_at: checkedAt });
}

export async function dropBulkUpload(database: Database, { id, owner }: UploadPlace): Promise<number> {
  return database<UploadRow>(table).where({ id, owner }).delete();
}

/** How many were erased. */
export async function dropBulkUploadsBefore(database: Database, at: number): Promise<number> {
  return database<UploadRow>(table).where('created_at', '<', at).delete();
}

function checkOf(row: Omit<UploadRow, 'file'>): SealedCheck {
  return {
    id: row.id,
    owner: row.owner,
    reading: row.reading,
    verdict: row.verdict,
    createdAt: row.created_at,
    checkedAt: row.checked_at,
  };
}
