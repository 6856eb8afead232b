/**
 * A name in kana as a Japanese passport would spell it (旅券法施行規則 別表, Hepburn): ん before B, M and P is M, っち is TCH, long
 * vowels are not written but for a final オ. It is a suggestion: nobody but the bearer knows how a name is spelt.
 */
import { hepburn } from './hepburn.ts';

/** `Kono` for コウノ; null for what is no kana. Words stay apart as they are. */
export function suggestRoman(kana: string): string | null {
  const words = kana.split(/[ 　]+/).filter(word => word !== '');
  const spelt = words.map(spell);
  return words.length === 0 || spelt.some(word => word === null) ? null : spelt.join(' ');
}

function spell(kana: string): string | null {
  let roman = '';
  let doubled = false;
  const morae = withoutLongVowels(moraeOf(kana.replaceAll('・', '')));
  for (const [index, mora] of morae.entries()) {
    if (mora === 'ッ') {
      doubled = true;
      continue;
    }
    const sound = mora === 'ン' ? beforeOf(morae[index + 1]) : hepburn[mora];
    if (sound === undefined) return null;
    roman += doubled ? doubledConsonant(sound) + sound : sound;
    doubled = false;
  }
  return roman === '' || doubled ? null : roman.charAt(0).toUpperCase() + roman.slice(1);
}

/** ッ doubles the consonant; before CH it is a T (八丁 HATCHO). */
const doubledConsonant = (sound: string): string => (sound.startsWith('ch') ? 't' : sound.charAt(0));

/** ン before B, M and P is M (難波 NAMBA). */
const beforeOf = (next: string | undefined): string => (/^[bmp]/.test(hepburn[next ?? ''] ?? '') ? 'm' : 'n');

/** キョウ → キョ, ウ. */
const moraeOf = (kana: string): string[] => kana.match(/.[ァィゥェォャュョヮ]?/gu) ?? [];

/** オウ, ウウ and オオ are one vowel each, unless the second begins a word of its own or is a final オ; ー is never written. */
function withoutLongVowels(morae: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let isLong = false;
  for (const [index, mora] of morae.entries()) {
    if (mora === 'ー') continue;
    const before: string = isLong ? '' : (hepburn[kept.at(-1) ?? '']?.at(-1) ?? '');
    isLong = lengthens(before, mora) && !beginsWord(morae, index);
    if (!isLong) kept.push(mora);
  }
  return kept;
}

function lengthens(vowel: string, mora: string): boolean {
  return (mora === 'ウ' && (vowel === 'o' || vowel === 'u')) || (mora === 'オ' && vowel === 'o');
}

/** What names end in: 松浦 MATSUURA, 井上 INOUE, 木内 KINOUCHI, 広岡 HIROOKA. After one mora alone it is a long vowel: 甲良 KORA. */
const lastWords = ['ウラ', 'ウエ', 'ウチ', 'ウミ', 'ウマ', 'オカ', 'オク', 'オキ'];

function beginsWord(morae: readonly string[], index: number): boolean {
  const rest = morae.slice(index).join('');
  if (rest === 'オ') return true;
  return index >= 2 && lastWords.includes(rest);
}
