import { en } from './en.ts';
import { ja } from './ja.ts';
import type { Language } from './languages.ts';

/** All that the desk says, in one language. */
export type Words = typeof ja;

export const wordsIn: Readonly<Record<Language, Words>> = { ja, en };

/** `value（word）`, or the bare value where the catalogue has no word for it. */
export function wordFor(words: Readonly<Record<string, string>>, value: string): string {
  const word = Object.hasOwn(words, value) ? words[value] : undefined;
  return word === undefined ? value : `${value} (${word})`;
}
