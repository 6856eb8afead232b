import { en } from './en.ts';
import { ja } from './ja.ts';

/** Japanese first; a catalogue that lacks what the other has does not compile. */
export type Words = typeof ja;
export type Language = 'ja' | 'en';

export const wordsIn: Readonly<Record<Language, Words>> = { ja, en };
