import { createPublicKey } from 'node:crypto';
import {
  type CaseDocument,
  decodeGeneralNames,
  decodeName,
  type EvidenceRecord,
  fingerprintOf,
  type NtaRecord,
  type RobinsRecord,
  type SubjectKey,
} from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { codeRow, japaneseTime, type Row, type Section, textRow, visible, warningRow } from './reading.ts';
import { wordFor, type Words } from './words/words.ts';

/** What policies/ calls each method and document of identity evidence, in one language, by its id. */
export type Titles = Readonly<Record<string, string>>;

/** Everything in a case document: what is claimed, what the certificate will hold, and what it rests on. */
export function readCase(document: CaseDocument, words: Words, titles: Titles): readonly Section[] {
  const { sections } = words;
  return [
    { title: sections.claim, rows: fieldRows(document.claim, words) },
    { title: sections.subject, rows: subjectRows(document.subject, words) },
    { title: sections.subjectAltName, rows: subjectAltNameRows(document.subjectAltName, words) },
    { title: sections.certificate, rows: certificateRows(document, words) },
    { title: sections.subjectKey, rows: subjectKeyRows(document.subjectKey, words) },
    ...document.evidence.map((record, i) => ({
      title: sections.evidence(i + 1),
      rows: evidenceRows(record, words, titles),
    })),
    { title: sections.nta, rows: ntaRows(document.register.nta, words) },
    { title: sections.robins, rows: robinsRows(document.register.robins, words) },
    { title: sections.confirmedVariations, rows: variationRows(document, words) },
  ];
}

/** A Name, attribute by attribute in the encoded order, and its very octets. */
export function subjectRows(subject: string, words: Words): readonly Row[] {
  return [...decodedRows(() => nameRows(subject, words), words), codeRow(words.fields.der, subject)];
}

function nameRows(subject: string, words: Words): readonly Row[] {
  const attributes = decodeName(Buffer.from(subject, 'hex'));
  return attributes.map(({ type, value }) => codeRow(`${type} ${words.nameAttributes[type]}`, visible(value, words)));
}

function subjectAltNameRows(names: string | null, words: Words): readonly Row[] {
  if (names === null) return [textRow(words.fields.rfc822Name, words.none)];
  const read = () =>
    decodeGeneralNames(Buffer.from(names, 'hex')).rfc822Names.map(name =>
      codeRow(words.fields.rfc822Name, visible(name, words)),
    );
  return [...decodedRows(read, words), codeRow(words.fields.der, names)];
}

/** What cannot be read must not be approved, and the page says so instead of failing. */
function decodedRows(read: () => readonly Row[], words: Words): readonly Row[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof PkiError) return [warningRow(words.warning, words.unreadable)];
    throw error;
  }
}

function certificateRows(
  { profile, validityDays, caseId, ca, editors, edition }: CaseDocument,
  words: Words,
): readonly Row[] {
  const { fields } = words;
  return [
    codeRow(fields.profile, visible(profile.name, words)),
    codeRow(fields.profileHash, profile.hash),
    textRow(fields.validityDays, words.days(validityDays)),
    codeRow(fields.caseId, visible(caseId, words)),
    ...(edition === undefined ? [] : [textRow(fields.edition, String(edition))]),
    ...(editors === undefined ? [] : [textRow(fields.editors, visible(editors.join(', '), words))]),
    codeRow(fields.ca, ca),
  ];
}

function subjectKeyRows(subjectKey: SubjectKey, words: Words): readonly Row[] {
  const { fields } = words;
  if (subjectKey.from === 'server') {
    const { algorithm, sealTo, container, compatibility } = subjectKey;
    const handedOver = compatibility === true ? words.pkcs12Compatible : words.pkcs12;
    return [
      textRow(fields.keyFrom, container === undefined ? words.keyFromServer : words.keyFromServerInContainer),
      codeRow(fields.keyAlgorithm, algorithm),
      ...(container === undefined ? [] : [textRow(fields.container, handedOver)]),
      codeRow(container === undefined ? fields.sealTo : fields.passwordSealTo, sealTo),
    ];
  }
  if (subjectKey.from === 'station') {
    return [
      textRow(fields.keyFrom, words.keyFromStation),
      codeRow(fields.station, subjectKey.station),
      codeRow(fields.tokenSerial, subjectKey.tokenSerial),
      codeRow(fields.keyAlgorithm, subjectKey.algorithm),
    ];
  }
  const { subjectPublicKeyInfo, certificationRequest } = subjectKey;
  return [
    textRow(fields.keyFrom, words.keyFromRequest),
    codeRow(fields.keyAlgorithm, algorithmOf(subjectPublicKeyInfo) ?? words.unreadable),
    codeRow(fields.fingerprint, fingerprintOf(subjectPublicKeyInfo)),
    codeRow(fields.subjectPublicKeyInfo, subjectPublicKeyInfo),
    codeRow(fields.certificationRequest, certificationRequest),
  ];
}

function algorithmOf(subjectPublicKeyInfo: string): string | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(subjectPublicKeyInfo, 'hex'), format: 'der', type: 'spki' });
    const { namedCurve, modulusLength = '' } = key.asymmetricKeyDetails ?? {};
    return `${String(key.asymmetricKeyType)} ${namedCurve ?? modulusLength}`;
  } catch {
    return undefined;
  }
}

function evidenceRows(record: EvidenceRecord, words: Words, titles: Titles): readonly Row[] {
  const { fields } = words;
  return [
    textRow(fields.method, wordFor(titles, record.method)),
    textRow(fields.document, wordFor(titles, record.document)),
    textRow(fields.issuer, visible(record.issuer, words)),
    textRow(fields.number, visible(record.number, words)),
    textRow(fields.validUntil, japaneseTime(record.validUntil, words)),
    textRow(fields.seenAt, japaneseTime(record.seenAt, words)),
    textRow(fields.seenBy, visible(record.seenBy, words)),
    {
      ...textRow(fields.result, words.results[record.result]),
      ...(record.result === 'refused' && { mark: 'warning' }),
    },
  ];
}

function ntaRows(record: NtaRecord | null, words: Words): readonly Row[] {
  if (record === null) return [textRow(words.fields.record, words.none)];
  const { fetchedAt, process, kind, ...rest } = record;
  return [
    textRow(words.fields.fetchedAt, japaneseTime(fetchedAt, words)),
    ...fieldRows({ ...rest, process: wordFor(words.processes, process), kind: wordFor(words.kinds, kind) }, words),
  ];
}

function robinsRows(record: RobinsRecord | null, words: Words): readonly Row[] {
  if (record === null) return [textRow(words.fields.record, words.none)];
  const { fetchedAt, webDomains, mailDomains, grades, ...rest } = record;
  const graded = (name: string): string => (grades[name] === undefined ? '' : ` [${words.grades[grades[name]]}]`);
  const listed = { ...rest, webDomains: webDomains.join('、'), mailDomains: mailDomains.join('、') };
  const others = Object.keys(grades).filter(name => !(name in listed));
  return [
    textRow(words.fields.fetchedAt, japaneseTime(fetchedAt, words)),
    ...fieldRows(listed, words, graded),
    ...others.map(name => textRow(visible(name, words) + graded(name), words.none)),
  ];
}

type FieldName = keyof Words['fields'];

function fieldRows<Name extends FieldName>(
  fields: Readonly<Partial<Record<Name, string | undefined>>>,
  words: Words,
  remark: (name: string) => string = () => '',
): readonly Row[] {
  return (Object.entries(fields) as [Name, string | undefined][]).flatMap(([name, value]) =>
    value === undefined ? [] : [textRow(words.fields[name] + remark(name), visible(value, words))],
  );
}

function variationRows({ confirmedVariations }: CaseDocument, words: Words): readonly Row[] {
  if (confirmedVariations.length === 0) return [textRow(words.fields.variation, words.none)];
  return confirmedVariations.map(({ field, confirmedBy }) =>
    textRow(wordFor(words.fields, field), words.confirmedBy(visible(confirmedBy, words))),
  );
}
