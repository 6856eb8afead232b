/** The responder's own keys, in its own home under its own passphrase: no other service can open them. */
import { readFile } from 'node:fs/promises';
import { openEncryptedFileKeyStore, type Der, type KeyStore } from '../ca-core/index.ts';

/** Label of the key that the ceremony pins. Each renewal makes the next one. */
export const firstKeyLabel = 'signer-1';
export const nextKeyLabel = (label: string): string => `signer-${Number(label.slice('signer-'.length)) + 1}`;

export interface ResponderKeySettings {
  /** An existing folder that only the responder's account may read. */
  readonly home: string;
  /** One line; the line's end is not part of the passphrase. */
  readonly passphraseFile: string;
}

/** Another CA's keys lie in that CA's own folder under the same passphrase. */
export async function openResponderKeys({ home, passphraseFile }: ResponderKeySettings): Promise<KeyStore> {
  const passphrase = await readFile(passphraseFile, 'utf8');
  return openEncryptedFileKeyStore({ folder: home, passphrase: passphrase.trimEnd() });
}

/** For the ceremony: the responder's first key, made when there is none yet. Its SubjectPublicKeyInfo, DER, is what is pinned. */
export async function firstResponderKey(settings: ResponderKeySettings): Promise<Der> {
  const keys = await openResponderKeys(settings);
  const labels = await keys.labels();
  const key = await (labels.includes(firstKeyLabel) ? keys.open(firstKeyLabel) : keys.generate(firstKeyLabel, 'p-256'));
  return key.publicKey;
}
