import type { Knex } from 'knex';
import { signaturesNeeded, type DocumentKind, type SignableDocument } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import {
  documentRow,
  isReadable,
  putDocument,
  storedDocument,
  type DocumentRow,
  type StoredDocument,
} from './document-rows.ts';
import { openListStore, putNew, type ListStore } from './listed.ts';

export interface AwaitingDocument extends StoredDocument {
  readonly signatures: number;
  readonly needed: number;
  readonly signedBy: readonly string[];
}

export interface DocumentStore extends ListStore {
  /** Keeps a document; the same bytes twice are one. Its digest. */
  readonly put: (document: SignableDocument, at: UnixTime) => Promise<string>;
  /** The same for many at once. Their digests, in the order given. */
  readonly putAll: (documents: readonly SignableDocument[], at: UnixTime) => Promise<readonly string[]>;
  readonly find: (digest: string) => Promise<StoredDocument | undefined>;
  /** Newest first. */
  readonly about: (kind: DocumentKind, subjectId: string) => Promise<readonly StoredDocument[]>;
  /** Those that lack signatures: of the documents about one subject only the newest, oldest subject first. */
  readonly awaiting: (kinds?: readonly DocumentKind[]) => Promise<readonly AwaitingDocument[]>;
  /** What it stood for has changed: nobody's signature counts on it any more, whoever still has its page open. */
  readonly void: (digest: string, at: UnixTime) => Promise<void>;
  readonly isVoided: (digest: string) => Promise<boolean>;
  /** Those of these documents that count no more. */
  readonly voidedAmong: (digests: readonly string[]) => Promise<ReadonlySet<string>>;
}

export function openDocumentStore(database: Knex): DocumentStore {
  return {
    put: (document, at) => putDocument(database, document, at),
    putAll: (documents, at) => putAllDocuments(database, documents, at),
    find: async digest => {
      const row = await database<DocumentRow>('documents').where({ digest }).first();
      return row === undefined ? undefined : storedDocument(row);
    },
    about: async (kind, subjectId) => {
      const rows = await database<DocumentRow>('documents').where({ kind, subject_id: subjectId });
      return rows.map(storedDocument).sort((one, other) => other.createdAt - one.createdAt);
    },
    awaiting: kinds => awaiting(database, kinds),
    void: async (digest, at) => {
      await database('voided_documents').insert({ digest, created_at: at }).onConflict('digest').ignore();
    },
    isVoided: digest => isVoided(database, digest),
    voidedAmong: async digests =>
      new Set(
        await database<{ digest: string }>('voided_documents')
          .whereIn('digest', [...digests])
          .pluck<string[]>('digest'),
      ),
    ...openListStore(database),
  };
}

async function putAllDocuments(
  database: Knex,
  documents: readonly SignableDocument[],
  at: UnixTime,
): Promise<readonly string[]> {
  const rows = documents.map(document => documentRow(document, at));
  await database.transaction(transaction => putNew(transaction, 'documents', { rows, key: ['digest'] }));
  return rows.map(row => row.digest);
}

export async function isVoided(database: Knex, digest: string): Promise<boolean> {
  return (await database('voided_documents').where({ digest }).first<object | undefined>('digest')) !== undefined;
}

async function awaiting(
  database: Knex,
  kinds: readonly DocumentKind[] = Object.keys(signaturesNeeded) as DocumentKind[],
): Promise<readonly AwaitingDocument[]> {
  const rows = await database<DocumentRow>('documents')
    .whereIn('kind', [...kinds])
    .whereNotIn('digest', database('voided_documents').select('digest'))
    .whereNotExists(inAttestation(database))
    .orderBy('created_at', 'desc')
    .limit(1000);
  const newest = new Map(
    rows
      .filter(isReadable)
      .toReversed()
      .map(row => [`${row.kind} ${row.subject_id}`, row]),
  );
  const signed = await database<{ digest: string; member_id: string }>('approvals')
    .select('digest', 'member_id')
    .whereIn(
      'digest',
      [...newest.values()].map(row => row.digest),
    );
  return [...newest.values()]
    .map(row => {
      const signedBy = signed.filter(approval => approval.digest === row.digest).map(approval => approval.member_id);
      return { ...storedDocument(row), signatures: signedBy.length, needed: signaturesNeeded[row.kind], signedBy };
    })
    .filter(document => document.signatures < document.needed);
}

/** What an LRA attests is signed as one list, and never row by row. */
function inAttestation(database: Knex): Knex.QueryBuilder {
  return database('list_cases')
    .join('documents as list', 'list.digest', 'list_cases.list_digest')
    .where('list.kind', 'attestation')
    .where('list_cases.case_digest', database.ref('documents.digest'))
    .select('list.digest');
}
