/** The station's one key: it signs what the station states, and it is the key of its client certificate. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../../ca-core/errors.ts';
import { decryptKey, encryptKey, readKeyFile } from '../../ca-core/keys/encrypted-key.ts';
import { putNewFile } from '../../ca-core/keys/new-file.ts';
import { generatePrivateKey, signingKeyOf } from '../../ca-core/keys/software-key.ts';
import type { SigningKey } from '../../ca-core/x509/signed.ts';

const label = 'station';
const fileIn = (home: string): string => join(home, `${label}.key.json`);

export interface OwnKey {
  readonly signing: SigningKey;
  /** PKCS#8 for TLS; it stays in memory. */
  readonly pem: string;
}

/** The key of this home; made where there is none. Throws passphraseWrong. */
export async function ownKey(home: string, passphrase: string): Promise<OwnKey> {
  try {
    return await openOwnKey(home, passphrase);
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'keyMissing') throw error;
  }
  const privateKey = await generatePrivateKey('p-256');
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const { publicKey } = signingKeyOf(privateKey, 'p-256');
  const secret = Buffer.from(passphrase);
  const file = await encryptKey({ label, algorithm: 'p-256', publicKey, pkcs8, secret });
  await putNewFile(fileIn(home), `${JSON.stringify(file, null, 2)}\n`);
  pkcs8.fill(0);
  return openOwnKey(home, passphrase);
}

/** Throws keyMissing, passphraseWrong. */
export async function openOwnKey(home: string, passphrase: string): Promise<OwnKey> {
  const pkcs8 = await decryptKey(label, readKeyFile(label, textOf(fileIn(home))), Buffer.from(passphrase));
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { signing: signingKeyOf(privateKey, 'p-256'), pem };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new PkiError('keyMissing', { label });
    throw error;
  }
}
