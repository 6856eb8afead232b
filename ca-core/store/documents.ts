import type { Knex } from 'knex';
import {
  decodeDocument,
  digestOf,
  encodeDocument,
  signaturesNeeded,
  type DocumentKind,
  type SignableDocument,
} from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';

export interface StoredDocument {
  readonly digest: string;
  readonly kind: DocumentKind;
  /** The case id, serial number or roll number that the document is about. */
  readonly subjectId: string;
  /** The canonical bytes, as text. */
  readonly text: string;
  readonly document: SignableDocument;
  readonly createdAt: UnixTime;
}

export interface AwaitingDocument extends StoredDocument {
  readonly signatures: number;
  readonly needed: number;
  readonly signedBy: readonly string[];
}

export interface DocumentStore {
  /** Keeps a document; the same bytes twice are one. Its digest. */
  readonly put: (document: SignableDocument, at: UnixTime) => Promise<string>;
  readonly find: (digest: string) => Promise<StoredDocument | undefined>;
  /** Newest first. */
  readonly about: (kind: DocumentKind, subjectId: string) => Promise<readonly StoredDocument[]>;
  /** Those that lack signatures: of the documents about one subject only the newest, oldest subject first. */
  readonly awaiting: (kinds?: readonly DocumentKind[]) => Promise<readonly AwaitingDocument[]>;
  /** What it stood for has changed: nobody's signature counts on it any more, whoever still has its page open. */
  readonly void: (digest: string, at: UnixTime) => Promise<void>;
  readonly isVoided: (digest: string) => Promise<boolean>;
}

interface DocumentRow {
  digest: string;
  kind: DocumentKind;
  subject_id: string;
  document: string;
  created_at: number;
}

export function openDocumentStore(database: Knex): DocumentStore {
  return {
    put: (document, at) => putDocument(database, document, at),
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
  };
}

/** `put` inside a transaction of the caller's. */
export async function putDocument(database: Knex, document: SignableDocument, at: UnixTime): Promise<string> {
  const text = encodeDocument(document);
  const digest = digestOf(text);
  const row = { digest, kind: document.kind, subject_id: subjectIdOf(document), document: text, created_at: at };
  await database<DocumentRow>('documents').insert(row).onConflict('digest').ignore();
  return digest;
}

export function subjectIdOf(document: SignableDocument): string {
  switch (document.kind) {
    case 'case':
      return document.caseId;
    case 'revocation':
    case 'release':
      return document.serialNumber;
    case 'roll':
      return String(document.number);
  }
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

/** A row by another hand is nobody's to sign. */
function isReadable(row: DocumentRow): boolean {
  try {
    return storedDocument(row).document.kind === row.kind;
  } catch {
    return false;
  }
}

function storedDocument(row: DocumentRow): StoredDocument {
  return {
    digest: row.digest,
    kind: row.kind,
    subjectId: row.subject_id,
    text: row.document,
    document: decodeDocument(row.document),
    createdAt: row.created_at,
  };
}
