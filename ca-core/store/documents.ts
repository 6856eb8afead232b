import type { Knex } from 'knex';
import {
  decodeDocument,
  digestOf,
  encodeDocument,
  signaturesNeeded,
  type DocumentKind,
  type ListDocument,
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

export interface ListedCase {
  readonly position: number;
  readonly stored: StoredDocument;
  /** The case has changed since: it drops out of the list. */
  readonly isVoided: boolean;
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
  /** Keeps a list with the cases that it stands for, in their order. Its digest. */
  readonly putList: (document: ListDocument, caseDigests: readonly string[], at: UnixTime) => Promise<string>;
  /** The cases of a list, in their order; one whose document is gone is left out. */
  readonly listed: (digest: string) => Promise<readonly ListedCase[]>;
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
    putList: (document, caseDigests, at) => putList(database, document, { caseDigests, at }),
    listed: digest => listedCases(database, digest),
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
    case 'list':
      return document.root;
    case 'revocation':
    case 'release':
      return document.serialNumber;
    case 'roll':
      return String(document.number);
  }
}

async function putList(
  database: Knex,
  document: ListDocument,
  { caseDigests, at }: { caseDigests: readonly string[]; at: UnixTime },
): Promise<string> {
  const digest = await putDocument(database, document, at);
  const rows = caseDigests.map((case_digest, position) => ({ list_digest: digest, position, case_digest }));
  for (const row of rows) await database('list_cases').insert(row).onConflict(['list_digest', 'position']).ignore();
  return digest;
}

export async function listedCases(database: Knex, digest: string): Promise<readonly ListedCase[]> {
  const rows = await database('list_cases')
    .join('documents', 'documents.digest', 'list_cases.case_digest')
    .leftJoin('voided_documents', 'voided_documents.digest', 'list_cases.case_digest')
    .where('list_digest', digest)
    .orderBy('position')
    .select<(DocumentRow & { position: number; voided: string | null })[]>(
      'documents.*',
      'list_cases.position',
      'voided_documents.digest as voided',
    );
  return rows
    .filter(isReadable)
    .map(row => ({ position: row.position, stored: storedDocument(row), isVoided: row.voided !== null }));
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
