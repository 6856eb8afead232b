/** A KeyStore of files: each key its own JSON file of mode 0600, encrypted under the store's passphrase. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PkiError } from '../errors.ts';
import { concat, equalBytes } from '../x509/der.ts';
import type { SignatureAlgorithm, SigningKey } from '../x509/signed.ts';
import { decryptKey, encryptKey, readKeyFile } from './encrypted-key.ts';
import { keyLabel, type KeyStore, type SigningKeyAlgorithm } from './key-store.ts';
import { putNewFile } from './new-file.ts';
import { generatePrivateKey, signingKeyOf } from './software-key.ts';

const suffix = '.key.json';

export interface EncryptedFileKeyStoreSettings {
  /** An existing folder that only this account may read. */
  readonly folder: string;
  /** Text is taken as UTF-8, as it stands. */
  readonly passphrase: Uint8Array | string;
}

/** Opens the store; nothing is read before a key is asked for, and opened keys stay in memory. */
export function openEncryptedFileKeyStore({ folder, passphrase }: EncryptedFileKeyStoreSettings): KeyStore {
  const secret = typeof passphrase === 'string' ? new TextEncoder().encode(passphrase) : concat(passphrase);
  const opened = new Map<string, Map<SignatureAlgorithm | undefined, SigningKey>>();
  const pathOf = (label: string): string => join(folder, `${checkedLabel(label)}${suffix}`);
  return {
    generate: async (label, algorithm) => {
      const path = pathOf(label);
      const privateKey = await generatePrivateKey(algorithm);
      const key = signingKeyOf(privateKey, algorithm);
      await putNewFile(path, await encryptedText({ label, algorithm, privateKey, key, secret }));
      opened.set(label, new Map([[undefined, key]]));
      return key;
    },
    open: async (label, asked) => {
      const keys = opened.get(label) ?? new Map<SignatureAlgorithm | undefined, SigningKey>();
      const key = keys.get(asked) ?? (await openKey({ label, asked, path: pathOf(label), secret }));
      opened.set(label, keys.set(asked, key));
      return key;
    },
    labels: async () => {
      const names = await readdir(folder);
      return names
        .filter(name => name.endsWith(suffix))
        .map(name => name.slice(0, -suffix.length))
        .toSorted();
    },
  };
}

interface FreshKey {
  readonly label: string;
  readonly algorithm: SigningKeyAlgorithm;
  readonly privateKey: KeyObject;
  readonly key: SigningKey;
  readonly secret: Uint8Array;
}

async function encryptedText({ label, algorithm, privateKey, key, secret }: FreshKey): Promise<string> {
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const file = await encryptKey({ label, algorithm, publicKey: key.publicKey, pkcs8, secret });
  pkcs8.fill(0);
  return `${JSON.stringify(file, null, 2)}\n`;
}

interface WantedKey {
  readonly label: string;
  readonly asked: SignatureAlgorithm | undefined;
  readonly path: string;
  readonly secret: Uint8Array;
}

async function openKey({ label, asked, path, secret }: WantedKey): Promise<SigningKey> {
  const file = readKeyFile(label, await textOf(label, path));
  const { algorithm } = file;
  if (algorithm === 'x25519') throw new PkiError('keyMissing', { label, reason: 'it signs nothing' });
  const pkcs8 = await decryptKey(label, file, secret);
  const key = signingKeyOf(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }), algorithm, asked);
  pkcs8.fill(0);
  if (!equalBytes(key.publicKey, Buffer.from(file.publicKey, 'base64'))) {
    throw new PkiError('keyMissing', { label, reason: 'the public key is not that of the private key' });
  }
  return key;
}

async function textOf(label: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new PkiError('keyMissing', { label });
    throw error;
  }
}

function checkedLabel(label: string): string {
  if (!keyLabel.test(label)) throw new PkiError('keyMissing', { label, reason: 'not a label' });
  return label;
}
