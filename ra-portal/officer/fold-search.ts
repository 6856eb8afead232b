import type { Policies } from '../../ca-core/index.ts';

/** What is typed into a search and what it is looked for in, alike: width, kana, case, variant kanji, spaces and hyphens folded. */
export function foldForSearch(text: string, { folding }: Pick<Policies, 'folding'>): string {
  const variants = variantsOf(folding.variants);
  return Array.from(text.normalize('NFKC').toLowerCase(), character => variants.get(character) ?? character)
    .map(hiraganaAsKatakana)
    .join('')
    .replace(/[\s\p{P}\p{Sm}ー]/gu, '');
}

function hiraganaAsKatakana(character: string): string {
  return /[\u3041-\u3096]/.test(character) ? String.fromCharCode(character.charCodeAt(0) + 0x60) : character;
}

const known = new WeakMap<readonly string[], ReadonlyMap<string, string>>();

function variantsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  const there = known.get(lines);
  if (there !== undefined) return there;
  const pairs = lines.flatMap(line => {
    const [first = '', ...others] = Array.from(line);
    return others.map(other => [other, first] as const);
  });
  const map = new Map(pairs);
  known.set(lines, map);
  return map;
}
