/**
 * The PINs of the tokens that this station made, one file a token, sealed (AES-256-GCM) under a key that scrypt makes of the
 * station's passphrase: the folder alone, or a backup of it, opens nothing. The SO-PIN is needed when the token comes back;
 * the user's PIN leaves once, with the letter, and is forgotten.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomInt, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../../ca-core/errors.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import { putNewFile } from '../../ca-core/keys/new-file.ts';
import { putFile } from '../put-file.ts';
import type { TokenPins } from './token-slots.ts';

/** As for key files (ca-core/keys/encrypted-key.ts): 32 MiB and about 0.1 s for one guess. */
const cost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

const kept = z.strictObject({
  /** As the token has it, unless `next` was being set when the station was interrupted. */
  so: z.string(),
  user: z.string().nullable(),
  next: z.strictObject({ so: z.string(), user: z.string() }).nullable(),
});
type Kept = z.infer<typeof kept>;

export interface Vault {
  /** SO-PINs that the token may have, the likelier first. Throws settingsInvalid where none is known. */
  readonly soPins: (serial: string) => readonly string[];
  /** New PINs, kept before the token gets them; the same as long as they are not settled. */
  readonly draw: (serial: string) => TokenPins;
  /** The token has them now. */
  readonly settle: (serial: string) => void;
  /** Throws keyMissing where no PIN is kept. */
  readonly userPin: (serial: string) => string;
  /** Whether its letter can still be made. */
  readonly hasUserPin: (serial: string) => boolean;
  /** After the letter: only the SO-PIN stays. */
  readonly forgetUserPin: (serial: string) => void;
}

export interface VaultSecrets {
  readonly passphrase: string;
  /** What tokens come with from their maker; empty where nobody said: then only tokens of this station can be made anew. */
  readonly defaultSoPin: string;
}

/** What is sealed with another passphrase is found out when it is read: passphraseWrong. */
export async function openVault(folder: string, { passphrase, defaultSoPin }: VaultSecrets): Promise<Vault> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const saltFile = join(folder, 'salt');
  if (!existsSync(saltFile)) await putNewFile(saltFile, randomBytes(16).toString('hex'));
  const key = scryptSync(passphrase, Buffer.from(readFileSync(saltFile, 'utf8'), 'hex'), 32, cost);
  const fileOf = (serial: string): string => join(folder, `${Buffer.from(serial).toString('hex')}.pins`);
  const read = (serial: string): Kept | undefined => {
    const file = fileOf(serial);
    if (!existsSync(file)) return undefined;
    return readBy<Kept>(kept, JSON.parse(open(key, readFileSync(file), serial)) as unknown, 'settingsInvalid');
  };
  const write = (serial: string, pins: Kept): void => putFile(fileOf(serial), seal(key, JSON.stringify(pins), serial));
  const wanted = (serial: string): Kept => read(serial) ?? missing(serial);
  return {
    soPins: serial => {
      const { so = knownPin(defaultSoPin), next = null } = read(serial) ?? {};
      return next === null ? [so] : [so, next.so];
    },
    draw: serial => {
      const before = read(serial);
      // What an interrupted try drew may be the token's by now: it is never drawn anew.
      if (before?.next != null) return before.next;
      const next = { so: drawPin(16), user: drawPin(8) };
      write(serial, { so: before?.so ?? defaultSoPin, user: before?.user ?? null, next });
      return next;
    },
    settle: serial => {
      const { next, ...before } = wanted(serial);
      write(serial, next === null ? { ...before, next } : { ...next, next: null });
    },
    userPin: serial => wanted(serial).user ?? missing(serial),
    hasUserPin: serial => (read(serial)?.user ?? null) !== null,
    forgetUserPin: serial => write(serial, { ...wanted(serial), user: null }),
  };
}

/** Digits only: every token and every keypad takes them. Eight are guessed in three tries once in 33 million. */
function drawPin(digits: number): string {
  return Array.from({ length: digits }, () => randomInt(10)).join('');
}

/** nonce (12) ‖ ciphertext ‖ tag (16); the serial number is authenticated along. */
function seal(key: Uint8Array, text: string, serial: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(serial));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function open(key: Uint8Array, sealed: Buffer, serial: string): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(serial)).setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
  } catch {
    throw new PkiError('passphraseWrong', { label: `PIN of token ${serial}` });
  }
}

/** Trying an empty one would cost one of the few tries that a token allows. */
function knownPin(defaultSoPin: string): string {
  if (defaultSoPin !== '') return defaultSoPin;
  const mistakes = ['KAKUIN_STATION_SO_PIN_FILE must name the file with the SO-PIN that tokens come with.'];
  throw new PkiError('settingsInvalid', { mistakes });
}

function missing(serial: string): never {
  throw new PkiError('keyMissing', { label: `PIN of token ${serial}` });
}
