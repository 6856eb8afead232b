/** A document for human eyes, made from the document alone: every field of it, none of it prettier than it is. */
import type { Words } from './words/words.ts';

export type Mark = 'added' | 'removed' | 'changed' | 'warning';

export interface Row {
  readonly label: string;
  readonly value: string;
  /** `code` is set in a fixed-width face: hex, identifiers. */
  readonly form: 'text' | 'code';
  readonly mark?: Mark;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

export function textRow(label: string, value: string): Row {
  return { label, value, form: 'text' };
}

export function codeRow(label: string, value: string): Row {
  return { label, value, form: 'code' };
}

export function warningRow(label: string, value: string): Row {
  return { label, value, form: 'text', mark: 'warning' };
}

/** Characters that draw nothing, or turn the direction of others, are shown as what they are. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What a person typed or a register gave, such that nothing in it hides. */
export function visible(text: string | null, words: Words): string {
  if (text === null) return words.none;
  if (text === '') return words.empty;
  return text.replace(
    unseen,
    character => `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

const japanTime = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo', dateStyle: 'short', timeStyle: 'medium' });

/** Unix seconds as `2026-01-31 12:34:56` in Japan, or the word for none. */
export function japaneseTime(at: number | null, words: Words): string {
  return at === null ? words.none : words.inJapan(japanTime.format(new Date(at * 1000)));
}
