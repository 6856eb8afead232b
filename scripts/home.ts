import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { settingOf, type Settings } from './settings.ts';

const folders = ['', 'ca', 'root', 'responder', 'crl', 'portal', 'mail', 'logs'];

/**
 * Makes the home with its folders (0700) and the passphrase files (0600, 256 random bits each) that are missing. The root's,
 * the CA's and the responder's passphrases are different files: each opens only its own keys.
 */
export function makeHome(settings: Settings): void {
  for (const folder of folders) makeFolder(join(settings.home, folder));
  for (const file of passphraseFiles(settings)) makePassphrase(file);
}

export function logFolder(settings: Settings): string {
  return join(settings.home, 'logs');
}

/** The root CA's passphrase: in production it goes offline together with the folder. */
export function rootPassphraseFile(settings: Settings): string {
  return join(settings.home, 'root', 'passphrase');
}

function passphraseFiles(settings: Settings): string[] {
  const own = join(settings.home, 'responder', 'passphrase');
  return [settingOf(settings, 'KAKUIN_PASSPHRASE_FILE'), rootPassphraseFile(settings), own];
}

/** A folder that only this account may read. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
}

/** Makes a passphrase of 256 random bits (0600) where there is none. */
export function makePassphrase(file: string): void {
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
}
