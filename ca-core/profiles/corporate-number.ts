import { PkiError } from '../errors.ts';

/**
 * A 法人番号 as 13 half-width digits: full-width digits, spaces and hyphens in `text` are accepted. The first digit is
 * 9 − (Σ Pn·Qn mod 9) over the other twelve, Qn = 1 for odd n and 2 for even n counted from the right.
 * Throws corporateNumberIsTwelveDigits (it may be a My Number: never keep what was typed), corporateNumberCheckDigit,
 * fieldInvalid {field}.
 */
export function checkCorporateNumber(text: string): string {
  const digits = text.normalize('NFKC').replace(/[\s\-‐‑‒–—―−ー]/gu, '');
  if (/^[0-9]{12}$/.test(digits)) throw new PkiError('corporateNumberIsTwelveDigits');
  if (!/^[0-9]{13}$/.test(digits)) throw new PkiError('fieldInvalid', { field: 'corporateNumber' });
  if (Number(digits[0]) !== corporateNumberCheckDigit(digits.slice(1))) throw new PkiError('corporateNumberCheckDigit');
  return digits;
}

/** The check digit, 1–9, of twelve digits (法人番号の指定等に関する省令 §2). */
export function corporateNumberCheckDigit(twelveDigits: string): number {
  const fromTheRight = Array.from(twelveDigits, Number).reverse();
  const sum = fromTheRight.reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 1 : 2), 0);
  return 9 - (sum % 9);
}
