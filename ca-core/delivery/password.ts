/** Passwords for PKCS#12 files, drawn by the platform and typed by people. */

/** ASCII letters and digits without 0 O o, 1 I i l, which look alike: 55 symbols. */
const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789';
const length = 24;

/** 24 symbols, 138 bits of randomness: beyond guessing whatever the iteration count. */
export function newPassword(): string {
  let password = '';
  while (password.length < length) password += symbolsOf(crypto.getRandomValues(new Uint8Array(length)));
  return password.slice(0, length);
}

/** Octets beyond the last whole multiple of the alphabet are dropped, so that every symbol is equally likely. */
function symbolsOf(random: Uint8Array): string {
  const fair = random.filter(octet => octet < 256 - (256 % alphabet.length));
  return Array.from(fair, octet => alphabet.charAt(octet % alphabet.length)).join('');
}
