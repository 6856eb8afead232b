import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { drawBackupKey } from '../ca-core/backup/backup-key.ts';
import { makePassphrase } from './home.ts';
import { settingOf, type Settings } from './settings.ts';

export interface BackupKeyPlaces {
  readonly publicFile: string;
  readonly privateFile: string;
  readonly passphrase: string;
}

/** Draws the key pair for backups and puts both files; neither may be there. */
export async function putBackupKey({ publicFile, privateFile, passphrase }: BackupKeyPlaces): Promise<void> {
  const { publicKey, privateKey } = await drawBackupKey(passphrase);
  mkdirSync(dirname(privateFile), { recursive: true, mode: 0o700 });
  writeFileSync(privateFile, privateKey, { flag: 'wx', mode: 0o600 });
  writeFileSync(publicFile, publicKey, { flag: 'wx', mode: 0o644 });
}

/**
 * For who begins with `npm start`: where the settings name no key for backups that somebody brought, the home gets its own.
 * What to say of it: what opens it is the operators'.
 */
export async function drawOwnBackupKey(settings: Settings): Promise<readonly string[]> {
  const publicFile = settingOf(settings, 'KAKUIN_BACKUP_KEY');
  // Not among the operators' secrets, which are named by their folder.
  const folder = join(settings.home, 'backup-key');
  if (publicFile !== join(settings.home, 'backup.pub') || existsSync(publicFile)) return [];
  const passphraseFile = join(folder, 'passphrase');
  makePassphrase(passphraseFile);
  const passphrase = readFileSync(passphraseFile, 'utf8').trim();
  await putBackupKey({ publicFile, privateFile: join(folder, 'backup-key.json'), passphrase });
  return [`What opens backups is in ${folder}: backup-key.json and its passphrase, to be kept elsewhere and apart.`];
}
