import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { drawBackupKey } from '../ca-core/backup/backup-key.ts';

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
