/**
 * The secret with which an applicant opens what was sealed to them: 27 random Crockford base32 symbols (135 bits) and a
 * check symbol, in seven groups of four. It may be written down and typed again.
 */
import { PkiError } from '../errors.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const randomSymbols = 27;
const form = new RegExp(`^[${alphabet}]{${randomSymbols + 1}}$`);

/** A fresh secret as people see it: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`. */
export function drawPickUpSecret(): string {
  return pickUpSecretFrom(crypto.getRandomValues(new Uint8Array(randomSymbols)));
}

/** The secret that 27 octets stand for; of each the low five bits count. */
export function pickUpSecretFrom(octets: Uint8Array): string {
  if (octets.length !== randomSymbols) throw new PkiError('fieldInvalid', { field: 'pickUpSecret', reason: 'form' });
  const digits = Array.from(octets, octet => octet & 31);
  const symbols = [...digits, checkDigit(digits)].map(digit => alphabet.charAt(digit)).join('');
  return symbols.replace(/.{4}(?=.)/g, '$&-');
}

/**
 * The 28 symbols of a secret however it was typed: small or full-width letters, O for 0, I or L for 1, any spaces and
 * hyphens. Throws fieldInvalid {field: pickUpSecret, reason: form | check}.
 */
export function readPickUpSecret(typed: string): string {
  const symbols = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-‐‑–—−ー]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  if (!form.test(symbols)) throw mistyped('form');
  const digits = Array.from(symbols, symbol => alphabet.indexOf(symbol));
  if (checkDigit(digits.slice(0, -1)) !== digits.at(-1)) throw mistyped('check');
  return symbols;
}

export function mistyped(reason: 'form' | 'check' | 'doesNotOpen'): PkiError {
  return new PkiError('fieldInvalid', { field: 'pickUpSecret', reason });
}

/**
 * Σ digit·αⁿ over GF(32) with α a root of x⁵ + x² + 1. As α has order 31 and there are 28 symbols, every single wrong
 * symbol and every exchange of two symbols is found.
 */
function checkDigit(digits: readonly number[]): number {
  return digits.reduce((sum, digit) => timesAlpha(sum ^ digit), 0);
}

function timesAlpha(element: number): number {
  return ((element << 1) ^ (element & 0x10 ? 0x25 : 0)) & 0x1f;
}
