/** The operators' key pair for backups: one public line where backups are made, one file under a passphrase with the operators. */
import { decryptKey, encryptKey, readKeyFile } from '../keys/encrypted-key.ts';
import { drawBackupKeyPair } from '../delivery/seal-file-key.ts';
import { PkiError } from '../errors.ts';

const label = 'backup';

/** Texts of the two files. */
export interface BackupKeyFiles {
  readonly publicKey: string;
  /** JSON, AES-256-GCM under scrypt of the passphrase, as other key files. */
  readonly privateKey: string;
}

export async function drawBackupKey(passphrase: string): Promise<BackupKeyFiles> {
  const { publicKey, privateKey } = await drawBackupKeyPair();
  const secret = Buffer.from(passphrase, 'utf8');
  const about = { label, algorithm: 'x25519', publicKey: Buffer.from(publicKey, 'hex') } as const;
  const file = await encryptKey({ ...about, pkcs8: privateKey, secret });
  privateKey.fill(0);
  return { publicKey: encodeBackupPublicKey(publicKey), privateKey: `${JSON.stringify(file, null, 2)}\n` };
}

export const encodeBackupPublicKey = (publicKey: string): string => `kakuin-backup-key-v1 ${publicKey}\n`;

/** Hex. Throws settingsInvalid for another text. */
export function readBackupPublicKey(text: string): string {
  const [, publicKey] = /^kakuin-backup-key-v1 ([0-9a-f]{64})\s*$/.exec(text) ?? [];
  if (publicKey === undefined)
    throw new PkiError('settingsInvalid', { mistakes: ['This is no public key for backups (kakuin backup-key).'] });
  return publicKey;
}

/** The private key's octets. Throws passphraseWrong, keyMissing for a file of another form. */
export async function openBackupKey(text: string, passphrase: string): Promise<Uint8Array> {
  return decryptKey(label, readKeyFile(label, text), Buffer.from(passphrase, 'utf8'));
}
