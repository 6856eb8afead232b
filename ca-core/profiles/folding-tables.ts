import type { FoldingPolicy } from './policies.ts';

export interface LegalFormSpelling {
  /** Folded as the names are before they are compared with it. */
  readonly spelling: string;
  readonly id: string;
}

/** policies/folding.yaml as look-ups: made once for each policy. */
export interface FoldingTables {
  /** Width, case, spaces, variant kanji, kana, sounds and dashes. */
  readonly foldCharacters: (text: string) => string;
  readonly dropPunctuation: (text: string) => string;
  /** Upper-case words with one space between them and nothing else. */
  readonly latinWords: (text: string) => string;
  /** Longest spelling first. */
  readonly formsJa: readonly LegalFormSpelling[];
  readonly formsEn: readonly LegalFormSpelling[];
  readonly addressDropped: RegExp;
  readonly kanjiNumber: RegExp;
  readonly numberWord: RegExp;
}

const known = new WeakMap<FoldingPolicy, FoldingTables>();

export function foldingTables(folding: FoldingPolicy): FoldingTables {
  const tables = known.get(folding) ?? makeTables(folding);
  known.set(folding, tables);
  return tables;
}

function makeTables(folding: FoldingPolicy): FoldingTables {
  const foldCharacters = characterFold(folding);
  const punctuation = new Set(foldCharacters(folding.punctuation));
  const { numberWords, dropped } = folding.address;
  const words = anyOf(numberWords.map(foldCharacters));
  const numeral = '[〇零一二三四五六七八九十百千]+';
  return {
    foldCharacters,
    dropPunctuation: text => Array.from(text, character => (punctuation.has(character) ? '' : character)).join(''),
    latinWords,
    formsJa: spellings(folding, form => form.ja.map(foldCharacters)),
    formsEn: spellings(folding, form => form.en.map(latinWords)),
    addressDropped: new RegExp(anyOf(dropped.map(foldCharacters)), 'gu'),
    // 一番町 is the name of a town, 一番 a number.
    kanjiNumber: new RegExp(`${numeral}(?=(?:${words})(?!町)|-)|(?<=-)${numeral}(?=$|-)`, 'gu'),
    numberWord: new RegExp(`(?<number>\\d)(?:${words})(?!町)`, 'gu'),
  };
}

function characterFold(folding: FoldingPolicy): (text: string) => string {
  const characters = new Map<string, string>(Array.from(folding.dashes, dash => [dash, '-']));
  for (const line of [...folding.variants, ...folding.kana]) {
    const [first = '', ...others] = Array.from(line);
    for (const other of others) characters.set(other, first);
  }
  const foldOne = (text: string): string =>
    Array.from(text.normalize('NFKC').toUpperCase().replace(/\s+/gu, ''), each => characters.get(each) ?? each).join(
      '',
    );
  const sounds = folding.sounds.map(([sound, readAs]) => [foldOne(sound), foldOne(readAs)] as const);
  return text => sounds.reduce((folded, [sound, readAs]) => folded.replaceAll(sound, readAs), foldOne(text));
}

function latinWords(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/['’]/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function spellings(
  folding: FoldingPolicy,
  spellingsOf: (form: FoldingPolicy['legalForms'][number]) => readonly string[],
): readonly LegalFormSpelling[] {
  return folding.legalForms
    .flatMap(form => spellingsOf(form).map(spelling => ({ spelling, id: form.id })))
    .sort((one, other) => other.spelling.length - one.spelling.length);
}

function anyOf(words: readonly string[]): string {
  if (words.length === 0) return '(?!)';
  return words
    .toSorted((one, other) => other.length - one.length)
    .map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('|');
}
