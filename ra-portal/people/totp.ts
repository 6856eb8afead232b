/** Time-based one-time passwords (RFC 6238 over RFC 4226), the form that every authenticator app knows: SHA-1, 30 s, 6 digits. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const stepSeconds = 30;

/** Time steps around now that count, for clocks that are off and people who type slowly (RFC 6238 §5.2). */
const tolerance = 1;

export interface TotpForm {
  readonly digits: number;
  readonly hash: 'sha1' | 'sha256' | 'sha512';
}
const appForm: TotpForm = { digits: 6, hash: 'sha1' };

export const stepAt = (now: number): number => Math.floor(now / stepSeconds);

/** HOTP(K, T) of RFC 4226 §5.3. */
export function codeAt(secret: Uint8Array, step: number, { digits, hash }: TotpForm = appForm): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac(hash, secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** The step whose code was typed, or null. Full-width digits and spaces do not matter. */
export function stepOfCode(secret: Uint8Array, typed: string, now: number): number | null {
  const code = Buffer.from(typed.normalize('NFKC').replace(/\s/g, ''));
  let found: number | null = null;
  for (let step = stepAt(now) - tolerance; step <= stepAt(now) + tolerance; step++) {
    const expected = Buffer.from(codeAt(secret, step));
    if (code.length === expected.length && timingSafeEqual(code, expected)) found = step;
  }
  return found;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6 without padding, as apps take it. */
export function toBase32(octets: Uint8Array): string {
  let bits = '';
  for (const octet of octets) bits += octet.toString(2).padStart(8, '0');
  return (bits.match(/.{1,5}/g) ?? []).map(five => alphabet[parseInt(five.padEnd(5, '0'), 2)] ?? '').join('');
}
