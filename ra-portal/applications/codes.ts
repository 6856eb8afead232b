/** The numbers and codes that people write down and type: drawn here, from the operating system's randomness. */
import { createHash, randomBytes, randomInt, scrypt, timingSafeEqual } from 'node:crypto';

/** Without I, L, O and U: none is mistaken for another, and no word appears. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `K26-XXXX-XXXX`: the year and 40 random bits. */
export function drawReceptionNumber(now: number): string {
  const year = new Date(now * 1000).getUTCFullYear() % 100;
  return `K${String(year).padStart(2, '0')}-${drawLetters(4)}-${drawLetters(4)}`;
}

/** `P-XXXX-XXXX-XXXX-XXXX`: 80 random bits, so that only who made a report finds it again. */
export const drawReceiptNumber = (): string => ['P', ...Array.from({ length: 4 }, () => drawLetters(4))].join('-');

/** Eight digits; guessing is held back by growing delays. */
export const drawAccessCode = (): string => String(randomInt(100_000_000)).padStart(8, '0');

/** 120 random bits in six groups of four, to be clicked or typed. */
export const drawMailboxCode = (): string => Array.from({ length: 6 }, () => drawLetters(4)).join('-');

/** What a person meant by a typed code: spaces, hyphens, full width and lower case do not matter. */
export function normaliseCode(typed: string): string {
  return typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
}

export const hashMailboxCode = (code: string): string => createHash('sha256').update(normaliseCode(code)).digest('hex');

/** Constant time. */
export function isMailboxCode(typed: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashMailboxCode(typed), 'hex'), Buffer.from(hash, 'hex'));
}

const cost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** `salt:hash`, hex. */
export async function hashAccessCode(code: string, salt = randomBytes(16)): Promise<string> {
  return `${salt.toString('hex')}:${(await derive(code, salt)).toString('hex')}`;
}

/** Constant time. With `stored` null the same work is done in vain, so that the answer's time tells nothing. */
export async function isAccessCode(typed: string, stored: string | null): Promise<boolean> {
  const [salt = '', hash = ''] = (stored ?? nobodysHash).split(':');
  const derived = await derive(normaliseCode(typed), Buffer.from(salt, 'hex'));
  return timingSafeEqual(derived, Buffer.from(hash, 'hex')) && stored !== null;
}

const nobodysHash = `${'00'.repeat(16)}:${'00'.repeat(32)}`;

function derive(code: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(code, salt, 32, cost, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

/** So many letters of an alphabet without I, L, O and U, five random bits each. */
export function drawLetters(count: number): string {
  return Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
