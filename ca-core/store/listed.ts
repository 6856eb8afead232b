/** Lists of cases as they are stored: which cases, in which order; of a long one only the part that is asked for. */
import type { Knex } from 'knex';
import type { AttestationDocument, ListDocument } from '../approvals/list-documents.ts';
import type { UnixTime } from '../clock.ts';
import { isReadable, putDocument, storedDocument, type DocumentRow, type StoredDocument } from './document-rows.ts';
import { isPostgres } from './database.ts';

export interface ListedCase {
  readonly position: number;
  readonly stored: StoredDocument;
  /** The case has changed since: it drops out of the list. */
  readonly isVoided: boolean;
}

/** Part of a list: so many places from one on. */
export interface ListPart {
  readonly from: number;
  readonly count: number;
}

export interface ListStore {
  /** Keeps a list, or an attestation, with the cases that it stands for, in their order. Its digest. */
  readonly putList: (
    document: ListDocument | AttestationDocument,
    caseDigests: readonly string[],
    at: UnixTime,
  ) => Promise<string>;
  /** The cases of a list, in their order, or of a part of it; one whose document is gone is left out. */
  readonly listed: (digest: string, part?: ListPart) => Promise<readonly ListedCase[]>;
  /** The digests of the cases of a list, in their order, as the rows have them. */
  readonly listedDigests: (digest: string) => Promise<readonly string[]>;
}

export function openListStore(database: Knex): ListStore {
  return {
    putList: (document, caseDigests, at) =>
      database.transaction(async transaction => {
        const digest = await putDocument(transaction, document, at);
        const rows = caseDigests.map((case_digest, position) => ({ list_digest: digest, position, case_digest }));
        await putNew(transaction, 'list_cases', { rows, key: ['list_digest', 'position'] });
        return digest;
      }),
    listed: (digest, part) => listedCases(database, digest, part),
    listedDigests: digest => listedDigests(database, digest),
  };
}

export interface NewRows {
  readonly rows: readonly object[];
  readonly key: readonly string[];
}

/** Inserts what is not there yet, many rows at a time. */
export async function putNew(database: Knex, table: string, { rows, key }: NewRows): Promise<void> {
  const size = isPostgres(database) ? 5_000 : 100;
  for (let at = 0; at < rows.length; at += size) {
    await database(table)
      .insert(rows.slice(at, at + size))
      .onConflict([...key])
      .ignore();
  }
}

export async function listedDigests(database: Knex, digest: string): Promise<readonly string[]> {
  const rows = await database('list_cases')
    .where('list_digest', digest)
    .orderBy('position')
    .select<{ case_digest: string }[]>('case_digest');
  return rows.map(row => row.case_digest);
}

interface ListedRow extends DocumentRow {
  position: number;
  voided: string | null;
}

async function listedCases(database: Knex, digest: string, part?: ListPart): Promise<readonly ListedCase[]> {
  const rows = await listedRows(database, digest, part);
  return rows
    .filter(isReadable)
    .map(row => ({ position: row.position, stored: storedDocument(row), isVoided: row.voided !== null }));
}

/** The rows as they are, unread. */
export function listedRows(database: Knex, digest: string, part?: ListPart): Promise<ListedRow[]> {
  const rows = database('list_cases')
    .join('documents', 'documents.digest', 'list_cases.case_digest')
    .leftJoin('voided_documents', 'voided_documents.digest', 'list_cases.case_digest')
    .where('list_digest', digest)
    .orderBy('position')
    .select<ListedRow[]>('documents.*', 'list_cases.position', 'voided_documents.digest as voided');
  if (part === undefined) return rows;
  return rows.where('position', '>=', part.from).where('position', '<', part.from + part.count);
}
