/** The CA's keys, wherever a setting says that they are. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PkiError, refusalOf } from '../errors.ts';
import { openEncryptedFileKeyStore } from './encrypted-file-key-store.ts';
import type { OpenKeyStore } from './key-store.ts';
import { openPkcs11KeyStore } from './pkcs11-key-store.ts';
import { readPkcs11Uri } from './pkcs11-uri.ts';

export interface KeyPlace {
  /** `file`, or a pkcs11: URI (RFC 7512). */
  readonly keys: string;
  /** The CA's own folder: key files are in `keys/` in it, what is remembered of a token beside. */
  readonly home: string;
  /** For key files. */
  readonly passphrase: string;
  /** Of a token; nothing takes as many as fit the machine. */
  readonly sessions?: number | undefined;
}

/** What is wrong with a setting that says where keys are; for reading all settings at once. */
export function keyPlaceMistakes(keys: string): readonly string[] {
  if (keys === 'file') return [];
  if (!keys.startsWith('pkcs11:')) return ['must be "file" or a pkcs11: URI (RFC 7512)'];
  try {
    readPkcs11Uri(keys);
    return [];
  } catch (error) {
    const { mistakes } = refusalOf(error).values;
    return Array.isArray(mistakes) ? mistakes.map(String) : [];
  }
}

/** A token in software keeps as many busy as there are cores, one on a network some more. */
export const usualSessions = Math.min(16, Math.max(4, 2 * availableParallelism()));

/** Opens the store; a token is looked for when the first key is asked for. Throws settingsInvalid {mistakes}. */
export function openKeyStore({ keys, home, passphrase, sessions = usualSessions }: KeyPlace): OpenKeyStore {
  const mistakes = keyPlaceMistakes(keys);
  if (mistakes.length > 0) throw new PkiError('settingsInvalid', { mistakes });
  if (keys !== 'file') return openPkcs11KeyStore({ uri: keys, sessions, pinMemory: join(home, 'pin-refused') });
  return {
    ...openEncryptedFileKeyStore({ folder: join(home, 'keys'), passphrase }),
    health: () => ({ state: 'green', reason: '' }),
    close: () => Promise.resolve(),
  };
}
