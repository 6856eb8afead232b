import { X509Certificate } from 'node:crypto';
import type {
  KeyBlockDocument,
  KeyUnblockDocument,
  MassRevocationDocument,
  ReleaseDocument,
  RevocationDocument,
  SignableDocument,
} from '../ca-core/index.ts';
import { readCase, type Titles } from './case-reading.ts';
import { codeRow, japaneseTime, type Row, type Section, textRow, visible, warningRow } from './reading.ts';
import { readAttestation, readList } from './list-reading.ts';
import { type CurrentRoll, readRoll } from './roll-reading.ts';
import type { Words } from './words/words.ts';

/** What the document speaks of without holding it; from the database, and shown as such. */
export interface Surroundings {
  readonly currentRoll: CurrentRoll | undefined;
  /** DER of the certificate that would be revoked or released. */
  readonly certificate: Uint8Array | undefined;
  readonly titles: Titles;
}

/** Every field of a document, in words. */
export function readDocument(document: SignableDocument, surroundings: Surroundings, words: Words): readonly Section[] {
  switch (document.kind) {
    case 'case':
      return readCase(document, words, surroundings.titles);
    case 'list':
      return [readList(document, words)];
    case 'attestation':
      return [readAttestation(document, words)];
    case 'revocation':
      return [revocationSection(document, words), certificateSection(surroundings.certificate, words)];
    case 'release':
      return [releaseSection(document, words), certificateSection(surroundings.certificate, words)];
    case 'massRevocation':
      return [massRevocationSection(document, words)];
    case 'keyBlock':
    case 'keyUnblock':
      return keySections(document, words);
    case 'roll':
      return readRoll(document, surroundings.currentRoll, words);
  }
}

function revocationSection(document: RevocationDocument, words: Words): Section {
  const { serialNumber, reason, invalidityDate, requestedAt, ca } = document;
  const rows = [
    codeRow(words.fields.serialNumber, serialNumber),
    textRow(words.fields.reason, `${words.reasons[reason]} (${reason})`),
    textRow(words.fields.invalidityDate, japaneseTime(invalidityDate, words)),
    textRow(words.fields.requestedAt, japaneseTime(requestedAt, words)),
    codeRow(words.fields.ca, ca),
  ];
  return { title: words.documentKinds[document.kind], rows };
}

function massRevocationSection(document: MassRevocationDocument, words: Words): Section {
  const { serialNumbers, size, chosenBy, reason, invalidityDate, requestedAt, ca } = document;
  const rows = [
    textRow(words.fields.certificates, String(size)),
    textRow(words.fields.reason, `${words.reasons[reason]} (${reason})`),
    textRow(words.fields.invalidityDate, japaneseTime(invalidityDate, words)),
    textRow(words.fields.chosenBy, visible(chosenBy, words)),
    codeRow(words.fields.serialNumbers, serialNumbers),
    textRow(words.fields.requestedAt, japaneseTime(requestedAt, words)),
    codeRow(words.fields.ca, ca),
  ];
  return { title: words.documentKinds.massRevocation, rows };
}

function keySections(document: KeyBlockDocument | KeyUnblockDocument, words: Words): readonly Section[] {
  const { kind, keys, because, requestedAt, ca } = document;
  const proof = kind === 'keyBlock' ? document.proof : undefined;
  const rows = [
    textRow(words.fields.because, visible(because, words)),
    ...(proof === undefined ? [] : [codeRow(words.fields.proof, proof)]),
    textRow(words.fields.requestedAt, japaneseTime(requestedAt, words)),
    codeRow(words.fields.ca, ca),
  ];
  const named = keys.map(key => codeRow(words.fields.blockedKey, key));
  return [
    { title: words.documentKinds[kind], rows },
    { title: words.sections.keys, rows: named },
  ];
}

function releaseSection({ kind, serialNumber, requestedAt, ca }: ReleaseDocument, words: Words): Section {
  const rows = [
    codeRow(words.fields.serialNumber, serialNumber),
    textRow(words.fields.requestedAt, japaneseTime(requestedAt, words)),
    codeRow(words.fields.ca, ca),
  ];
  return { title: words.documentKinds[kind], rows };
}

function certificateSection(certificate: Uint8Array | undefined, words: Words): Section {
  return { title: words.sections.recordedCertificate, rows: certificateRows(certificate, words) };
}

function certificateRows(certificate: Uint8Array | undefined, words: Words): readonly Row[] {
  if (certificate === undefined) return [warningRow(words.warning, words.certificateUnknown)];
  const { subject, subjectAltName = '', serialNumber, validTo } = new X509Certificate(certificate);
  return [
    codeRow(words.fields.serialNumber, serialNumber.toLowerCase()),
    codeRow(words.fields.subject, visible(subject.replaceAll('\n', ', '), words)),
    codeRow(words.fields.subjectAltName, visible(subjectAltName, words)),
    textRow(words.fields.notAfter, japaneseTime(Date.parse(validTo) / 1000, words)),
  ];
}
