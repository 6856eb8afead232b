import { safeCsv } from '../bulk/safe-csv.ts';
import type { Language } from '../words/language.ts';
import { dateText, say, type WordKey } from '../words/words.ts';
import type { LraReport } from './lra-report.ts';

type Line = readonly (string | number)[];

/** Every part of the report below the other; no cell is a formula (bulk/safe-csv.ts). */
export function lraReportCsv({ figures, signed, signedBy }: LraReport, language: Language): string {
  const word = (key: WordKey): string => say(language, key);
  const date = (at: number): string => dateText(language, at);
  const members = figures.members.map(one => [
    one.name,
    one.mailbox,
    one.may.map(may => word(`lraReport.may.${may}`)).join(' '),
  ]);
  const certificates = figures.certificates.map(one => [one.profile, one.issued, one.revoked, one.expired, one.good]);
  const methods = figures.methods.map(one => [one.method, word(`lraReport.by.${one.by}`), one.count]);
  const samples = figures.samples.map(one => [
    one.caseId,
    one.profile,
    date(one.issuedAt),
    seenText(one.seen),
    one.documents,
  ]);
  const open = openKinds.map(kind => [word(`lraReport.open.${kind}`), figures.open[kind]]);
  const sign = signed === null ? [] : [[signedBy, date(signed.signedAt), signed.hash, signed.remark]];
  const lines: readonly Line[] = [
    [word('lraReport.title'), figures.organisation, figures.year],
    ...part(word, 'lraReport.members', members),
    ...part(word, 'lraReport.certificates', [columnsOf(word), ...certificates]),
    ...part(word, 'lraReport.methods', methods),
    ...part(word, 'lraReport.samples', samples),
    ...part(word, 'lraReport.open', open),
    ...part(word, 'lraReport.signed', sign),
  ];
  return safeCsv(lines);
}

export const openKinds = ['applications', 'returned', 'notTakenOver', 'jobs', 'reports'] as const;

const part = (word: (key: WordKey) => string, title: WordKey, lines: readonly Line[]): readonly Line[] => [
  [''],
  [word(title)],
  ...(lines.length === 0 ? [[word('lraReport.none')]] : lines),
];

const columnsOf = (word: (key: WordKey) => string): Line => [
  word('field.profile'),
  ...(['issued', 'revoked', 'expired', 'good'] as const).map(kind => word(`lraReport.${kind}`)),
];

const seenText = (seen: LraReport['figures']['samples'][number]['seen']): string =>
  seen.map(({ document, method }) => `${document} (${method})`).join(', ');
