/** What Japanese hands type, read as what it means. The characters that were typed are kept beside (`typed`). */

/** Any kana in full-width katakana, one half-width space between words: ｶｸｳ　たろう → カクウ タロウ. */
export function katakana(typed: string): string {
  return typed
    .normalize('NFKC')
    .replace(/[\u3041-\u3096\u309d\u309e]/g, kana => String.fromCodePoint((kana.codePointAt(0) ?? 0) + 0x60))
    .replace(/(?<=[\u30a1-\u30fa])[-‐‑–—−―]/g, 'ー')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Digits in any width, hyphens of any kind and spaces left out: ７９９９－９０１… → 7999901…. */
export function digits(typed: string): string {
  return typed.normalize('NFKC').replace(/[\s\-‐‑‒–—―−ー－_.,]/g, '');
}

/** Full-width letters, signs and spaces as the ones on a keyboard: Ｋａｋｕｕ　Ｔａｒｏ → Kakuu Taro. */
export function halfWidth(typed: string): string {
  return typed
    .normalize('NFKC')
    .replace(/[‘’‛′]/g, "'")
    .replace(/[‐‑‒–—−]/g, '-')
    .replace(/\s+/g, ' ')
    .trim();
}

/** A name keeps its very characters; only the spaces around and between are one half-width space each. */
export function spaced(typed: string): string {
  return typed.replace(/[ \u3000]+/g, ' ').trim();
}

/** First year of each 元号 that anybody alive may write, by its name and its letter. */
const eras: Readonly<Record<string, number>> = {
  明治: 1868,
  M: 1868,
  大正: 1912,
  T: 1912,
  昭和: 1926,
  S: 1926,
  平成: 1989,
  H: 1989,
  令和: 2019,
  R: 2019,
};

/**
 * `2026-11-22`, `２０２６／１１／２２`, `20261122`, `2026年11月22日`, `令和8年11月22日`, `R8.11.22`, `令和元年5月1日` as `2026-11-22`; null for
 * what is no day of the calendar. An era is read by its number; its first and last days are not checked against it.
 */
export function isoDate(typed: string): string | null {
  const text = typed.normalize('NFKC').replace(/\s+/g, '').replace('元年', '1年').toUpperCase();
  const [, era = '', year = '', month = '', day = ''] =
    /^(明治|大正|昭和|平成|令和|[MTSHR])?(\d{1,4})[-‐–−/.年](\d{1,2})[-‐–−/.月](\d{1,2})日?$/.exec(text) ??
    /^()(\d{4})(\d{2})(\d{2})$/.exec(text) ??
    [];
  const first = eras[era];
  if (year === '' || (first === undefined && year.length !== 4)) return null;
  const fullYear = first === undefined ? Number(year) : first + Number(year) - 1;
  const iso = `${String(fullYear).padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? null : iso;
}

/** The first second of a day in Japan. */
export const startOfDay = (iso: string): number => Date.parse(`${iso}T00:00:00+09:00`) / 1000;

/** The last second of a day in Japan. */
export const endOfDay = (iso: string): number => startOfDay(iso) + 86_399;
