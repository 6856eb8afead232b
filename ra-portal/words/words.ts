import { en } from './en.ts';
import { ja } from './ja.ts';
import type { Language } from './language.ts';

export type WordKey = keyof typeof ja;

export const catalogue: Readonly<Record<Language, Readonly<Record<WordKey, string>>>> = { ja, en };

export const isWordKey = (key: string): key is WordKey => Object.hasOwn(ja, key);

export type WordValues = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The sentence for a key, its `{names}` filled in. */
export function say(language: Language, key: WordKey, values: WordValues = {}): string {
  return catalogue[language][key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

const stateNames: Readonly<Record<string, string>> = { tokenState: 'tokenState', tokenJobState: 'tokenJob' };

/** The values of a refusal as its sentence shows them: states by their names. */
export function valuesInWords(language: Language, code: string, values: WordValues): WordValues {
  const key = `${stateNames[code] ?? ''}.${String(values['state'])}`;
  return isWordKey(key) ? { ...values, state: catalogue[language][key] } : values;
}

/** A time as people in Japan read it. `at` in Unix seconds. */
export function timeText(language: Language, at: number): string {
  const locale = language === 'ja' ? 'ja-JP' : 'en-GB';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Tokyo' }).format(
    at * 1000,
  );
}

export function dateText(language: Language, at: number): string {
  const locale = language === 'ja' ? 'ja-JP' : 'en-GB';
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'Asia/Tokyo' }).format(at * 1000);
}
