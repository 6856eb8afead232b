/** Documents as they stand in their table. */
import type { Knex } from 'knex';
import { decodeDocument, digestOf, encodeDocument } from '../approvals/documents.ts';
import type { DocumentKind, SignableDocument } from '../approvals/documents.ts';
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

export interface DocumentRow {
  digest: string;
  kind: DocumentKind;
  subject_id: string;
  document: string;
  created_at: number;
}

export function documentRow(document: SignableDocument, at: UnixTime): DocumentRow {
  const text = encodeDocument(document);
  return {
    digest: digestOf(text),
    kind: document.kind,
    subject_id: subjectIdOf(document),
    document: text,
    created_at: at,
  };
}

export function subjectIdOf(document: SignableDocument): string {
  switch (document.kind) {
    case 'case':
      return document.caseId;
    case 'list':
    case 'attestation':
      return document.root;
    case 'revocation':
    case 'release':
      return document.serialNumber;
    case 'massRevocation':
      return document.serialNumbers;
    case 'keyBlock':
    case 'keyUnblock':
      return document.keys[0] ?? '';
    case 'roll':
      return String(document.number);
  }
}

/** `put` inside a transaction of the caller's. */
export async function putDocument(database: Knex, document: SignableDocument, at: UnixTime): Promise<string> {
  const row = documentRow(document, at);
  await database<DocumentRow>('documents').insert(row).onConflict('digest').ignore();
  return row.digest;
}

/** A row by another hand is nobody's to sign. */
export function isReadable(row: DocumentRow): boolean {
  try {
    return storedDocument(row).document.kind === row.kind;
  } catch {
    return false;
  }
}

export function storedDocument(row: DocumentRow): StoredDocument {
  return {
    digest: row.digest,
    kind: row.kind,
    subjectId: row.subject_id,
    text: row.document,
    document: decodeDocument(row.document),
    createdAt: row.created_at,
  };
}
