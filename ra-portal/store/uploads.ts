/** Documents that applicants sent, each sealed (uploads/seal-at-rest.ts). */
import type { FileKind } from '../uploads/file-kind.ts';
import type { Database } from './database.ts';

export interface KeptUpload {
  readonly id: string;
  /** Id of a draft, later the reception number. */
  readonly owner: string;
  /** Id of policies/identity.yaml. */
  readonly document: string;
  readonly kind: FileKind;
  /** Of the cleaned file. */
  readonly octets: number;
  /** Unix seconds, as its holder says; null where it has no end. */
  readonly validUntil: number | null;
  readonly createdAt: number;
}

interface UploadRow {
  id: string;
  owner: string;
  document: string;
  kind: FileKind;
  octets: number;
  valid_until: number | null;
  sealed: Buffer;
  shown: Buffer | null;
  created_at: number;
}

/** Both sealed. */
export interface SealedFile {
  readonly sealed: Uint8Array;
  /** What is shown in its place; null where the file itself is. */
  readonly shown: Uint8Array | null;
}

const table = 'uploads';
const columns = ['id', 'owner', 'document', 'kind', 'octets', 'valid_until', 'created_at'] as const;

export async function addUpload(database: Database, upload: KeptUpload, file: SealedFile): Promise<void> {
  await database<UploadRow>(table).insert({
    id: upload.id,
    owner: upload.owner,
    document: upload.document,
    kind: upload.kind,
    octets: upload.octets,
    valid_until: upload.validUntil,
    created_at: upload.createdAt,
    ...columnsOf(file),
  });
}

/** Whether documents of this owner are to be kept: a draft, or an application that was not withdrawn. */
export async function isUploadOwner(database: Database, owner: string): Promise<boolean> {
  const draft: unknown = await database('drafts').where({ id: owner }).first('id');
  if (draft !== undefined) return true;
  const application: unknown = await database('applications')
    .where({ case_id: owner })
    .whereNot({ state: 'withdrawn' })
    .first('case_id');
  return application !== undefined;
}

/** Oldest first. */
export async function uploadsOf(database: Database, owner: string): Promise<readonly KeptUpload[]> {
  const rows = await database<UploadRow>(table)
    .where({ owner })
    .orderBy(['created_at', 'id'])
    .select(...columns);
  return rows.map(uploadOf);
}

export async function sealedUpload(
  database: Database,
  { owner, id }: Pick<KeptUpload, 'owner' | 'id'>,
): Promise<(SealedFile & { readonly upload: KeptUpload }) | null> {
  const row = await database<UploadRow>(table).where({ owner, id }).first();
  return row === undefined ? null : { upload: uploadOf(row), sealed: row.sealed, shown: row.shown };
}

export async function dropUpload(database: Database, { owner, id }: Pick<KeptUpload, 'owner' | 'id'>): Promise<number> {
  return database<UploadRow>(table).where({ owner, id }).delete();
}

export async function dropUploadsOf(database: Database, owner: string): Promise<number> {
  return database<UploadRow>(table).where({ owner }).delete();
}

/** A draft became an application: what was uploaded goes with it, sealed anew. */
export async function moveUpload(
  database: Database,
  id: string,
  to: SealedFile & { readonly owner: string },
): Promise<void> {
  await database<UploadRow>(table)
    .where({ id })
    .update({ owner: to.owner, ...columnsOf(to) });
}

const columnsOf = ({ sealed, shown }: SealedFile): Pick<UploadRow, 'sealed' | 'shown'> => ({
  sealed: Buffer.from(sealed),
  shown: shown === null ? null : Buffer.from(shown),
});

function uploadOf(row: Omit<UploadRow, 'sealed' | 'shown'>): KeptUpload {
  return {
    id: row.id,
    owner: row.owner,
    document: row.document,
    kind: row.kind,
    octets: row.octets,
    validUntil: row.valid_until,
    createdAt: row.created_at,
  };
}
