/** The sums of a long list, and the rows of it that are looked at, for human eyes. */
import type { ListedCase, Member } from '../ca-core/index.ts';
import type { Titles } from './case-reading.ts';
import { readCase } from './case-reading.ts';
import { rowOf, type ListRow } from './list-reading.ts';
import type { Counts, RowsRead } from './many-rows.ts';
import { codeRow, type Row, type Section, textRow, visible } from './reading.ts';
import { wordFor, type Words } from './words/words.ts';

/** What the page of a long list shows beside the document itself. */
export interface ManyRows {
  /** Of every row, in order: the page's script makes the root from them. */
  readonly digests: readonly string[];
  readonly sums: Section;
  /** Rows shown whole; none where none were drawn yet. */
  readonly sample: readonly SampleRow[];
}

export interface SampleRow {
  /** From 0. */
  readonly position: number;
  readonly row: ListRow;
  readonly sections: readonly Section[];
  readonly text: string;
}

export interface Reading {
  readonly words: Words;
  readonly titles: Titles;
  readonly members: readonly Member[];
}

/** The sums, most frequent first. */
export function readSums(read: RowsRead, reading: Reading): Section {
  const { words } = reading;
  const { sums } = words;
  const counted = (label: string, counts: Counts, told: (value: string) => string): readonly Row[] =>
    [...counts]
      .sort(([, one], [, other]) => other - one)
      .map(([value, count]) => textRow(label, `${told(value)}${words.times(count)}`));
  const rows = [
    ...counted(sums.organisation, read.organisations, value => visible(value, words)),
    ...counted(sums.evidence, read.evidence, value => evidenceText(value, reading)),
    ...(read.domains.size === 0 ? [] : counted(sums.domain, read.domains, value => domainText(value, reading))),
    ...counted(sums.key, read.keys, value => keyText(value, words)),
    ...[...read.sealedTo].map(([value, count]) => codeRow(sums.sealedTo, `${value}${words.times(count)}`)),
    ...counted(words.fields.validityDays, read.validityDays, value => words.days(Number(value))),
  ];
  return { title: sums.title, rows };
}

/** A row as the page of its own document shows it. */
export function readSample(listed: ListedCase, { words, titles }: Reading): SampleRow {
  const { stored, position } = listed;
  const { document, text } = stored;
  const sections = document.kind === 'case' ? readCase(document, words, titles) : [];
  return { position, row: rowOf(listed, words), sections, text };
}

function evidenceText(value: string, { words, titles, members }: Reading): string {
  const [method = '', document = '', ...seenBy] = value.split(' ');
  const who = personText(seenBy.join(' '), members, words);
  return [wordFor(titles, method), wordFor(titles, document), who].join(' ・ ');
}

function domainText(value: string, { words, members }: Reading): string {
  const at = value.lastIndexOf(' ');
  return `${visible(value.slice(0, at), words)} ・ ${personText(value.slice(at + 1), members, words)}`;
}

/** Who the roll says it is, as far as the database tells. */
function personText(id: string, members: readonly Member[], words: Words): string {
  const member = members.find(one => one.id === id);
  const shown = visible(id, words);
  return member === undefined ? shown : `${visible(member.name, words)} (${words.roles[member.role]}, ${shown})`;
}

function keyText(value: string, words: Words): string {
  const [from = '', algorithm = '', container = '', compatibility] = value.split(' ');
  if (from !== 'server') return words.keyFromRequest;
  if (container !== 'pkcs12') return `${algorithm} ・ ${words.keyFromServer}`;
  return `${algorithm} ・ ${compatibility === undefined ? words.pkcs12 : words.pkcs12Compatible}`;
}
