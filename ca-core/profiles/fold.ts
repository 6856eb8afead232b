/**
 * Folded copies of names and addresses, made only to be compared (policies/folding.yaml): what was typed and what the
 * register says are kept as they are.
 */
import { foldingTables, type FoldingTables, type LegalFormSpelling } from './folding-tables.ts';
import type { FoldingPolicy } from './policies.ts';
import type { Policies } from './read-policies.ts';

export interface FoldedName {
  /** Id of the legal form, or null where the name shows none. */
  readonly legalForm: string | null;
  /** 前株 or 後株; null where there is no form, and in English, where it says nothing. */
  readonly position: 'before' | 'after' | null;
  readonly rest: string;
}

/** Width and spaces only: what is equal now is written with the same characters. */
export function foldWidth(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\uff00-\uffef]+/g, run => run.normalize('NFKC'))
    .replace(/\s+/gu, '');
}

/** Whether the text is written in Roman letters only, so that it is compared with English names. */
export function isLatin(text: string): boolean {
  return /^[\p{Script=Latin}\p{N}\p{P}\p{S}\p{Z}]+$/u.test(text.normalize('NFKC'));
}

/** A name as {legal form, 前株 or 後株, rest}, with width, variant kanji, kana, dashes and punctuation folded. */
export function foldOrganisationName(name: string, folding: FoldingPolicy): FoldedName {
  const tables = foldingTables(folding);
  return isLatin(name) ? foldLatin(name, tables) : foldJapanese(name, tables);
}

/** 三丁目1番2号 as 3-1-2; variant kanji and kana folded, the prefecture's name dropped, a dash only between figures. */
export function foldAddress(address: string, policies: Pick<Policies, 'folding' | 'register'>): string {
  const tables = foldingTables(policies.folding);
  const folded = tables.foldCharacters(address).replace(tables.addressDropped, '');
  return tables
    .dropPunctuation(withoutPrefecture(folded, policies, tables))
    .replace(tables.kanjiNumber, numeral => String(numberOf(numeral)))
    .replace(tables.numberWord, '$<number>-')
    .replace(/-+/g, '-')
    .replace(/(?<!\d)-|-(?!\d)/g, '');
}

function foldJapanese(name: string, tables: FoldingTables): FoldedName {
  const folded = tables.foldCharacters(name);
  const before = tables.formsJa.find(form => startsWithForm(folded, form));
  const after = tables.formsJa.find(form => endsWithForm(folded, form));
  const found = before ?? after;
  if (found === undefined) return { legalForm: null, position: null, rest: tables.dropPunctuation(folded) };
  const length = found.spelling.length;
  const rest = before === undefined ? folded.slice(0, -length) : folded.slice(length);
  return {
    legalForm: found.id,
    position: before === undefined ? 'after' : 'before',
    rest: tables.dropPunctuation(rest),
  };
}

function foldLatin(name: string, tables: FoldingTables): FoldedName {
  const words = tables.latinWords(name);
  const found = tables.formsEn.find(({ spelling }) => words.endsWith(` ${spelling}`));
  const rest = found === undefined ? words : words.slice(0, -found.spelling.length);
  return { legalForm: found?.id ?? null, position: null, rest: rest.replaceAll(' ', '') };
}

function startsWithForm(name: string, { spelling }: LegalFormSpelling): boolean {
  return name.length > spelling.length && name.startsWith(spelling);
}

function endsWithForm(name: string, { spelling }: LegalFormSpelling): boolean {
  return name.length > spelling.length && name.endsWith(spelling);
}

function withoutPrefecture(address: string, { register }: Pick<Policies, 'register'>, tables: FoldingTables): string {
  const names = Object.values(register.prefectures).map(prefecture => tables.foldCharacters(prefecture.ja));
  const found = names.find(name => address.startsWith(name));
  return found === undefined ? address : address.slice(found.length);
}

const kanjiDigits = '〇一二三四五六七八九';
const kanjiUnits: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000 };

/** 二十三 is 23, 一〇五 is 105. */
function numberOf(numeral: string): number {
  let total = 0;
  let digits = 0;
  for (const character of numeral.replaceAll('零', '〇')) {
    const unit = kanjiUnits[character];
    if (unit === undefined) {
      digits = digits * 10 + kanjiDigits.indexOf(character);
      continue;
    }
    total += (digits === 0 ? 1 : digits) * unit;
    digits = 0;
  }
  return total + digits;
}
