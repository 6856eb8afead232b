import { type AttestationDocument, decodeName, type ListDocument, type ListedCase } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { codeRow, japaneseTime, type Row, type Section, textRow, visible } from './reading.ts';
import type { Words } from './words/words.ts';

/** One case of a list, as its line on the page. */
export interface ListRow {
  readonly caseId: string;
  readonly href: string;
  readonly name: string;
  readonly organisation: string;
  readonly mailbox: string;
  /** The subject that the certificate will hold. */
  readonly subject: string;
  /** It changed since and drops out. */
  readonly isVoided: boolean;
}

export function rowOf({ stored, isVoided }: ListedCase, words: Words): ListRow {
  const { document, digest, subjectId } = stored;
  // A row of another kind cannot stand in a list that the CA core takes; what it is stays visible.
  if (document.kind !== 'case') throw new PkiError('listInvalid', { digest });
  const { kanjiName, organisationName, mailbox } = document.claim;
  return {
    caseId: subjectId,
    href: `/documents/${digest}`,
    name: visible(kanjiName, words),
    organisation: visible(organisationName, words),
    mailbox: visible(mailbox, words),
    subject: subjectIn(document.subject, words),
    isVoided,
  };
}

/** What the list itself says. */
export function readList(list: ListDocument, words: Words): Section {
  const { attestation, sample } = list;
  const attested = [
    ...(attestation === undefined ? [] : [codeRow(words.fields.attestation, attestation)]),
    ...(sample === undefined ? [] : [textRow(words.fields.sample, sample.map(at => at + 1).join(', '))]),
  ];
  return { title: words.documentKinds.list, rows: [...commonRows(list, words), ...attested] };
}

/** What an LRA signs. */
export function readAttestation(attestation: AttestationDocument, words: Words): Section {
  const { organisation, file, attestedAt } = attestation;
  const rows = [
    codeRow(words.fields.organisation, organisation),
    textRow(words.fields.attestedAt, japaneseTime(attestedAt, words)),
    codeRow(words.fields.file, file),
    ...commonRows(attestation, words),
  ];
  return { title: words.documentKinds.attestation, rows };
}

function commonRows(
  { profile, size, root, ca }: Pick<ListDocument, 'profile' | 'size' | 'root' | 'ca'>,
  words: Words,
): readonly Row[] {
  return [
    codeRow(words.fields.profile, visible(profile.name, words)),
    codeRow(words.fields.profileHash, profile.hash),
    textRow(words.fields.size, String(size)),
    codeRow(words.fields.root, root),
    codeRow(words.fields.ca, ca),
  ];
}

function subjectIn(subject: string, words: Words): string {
  try {
    const attributes = decodeName(Buffer.from(subject, 'hex'));
    return attributes.map(({ type, value }) => `${type}=${visible(value, words)}`).join(', ');
  } catch (error) {
    if (error instanceof PkiError) return words.unreadable;
    throw error;
  }
}
