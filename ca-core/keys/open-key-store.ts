/** The CA's keys, wherever a setting says that they are. */
import { join } from 'node:path';
import { PkiError } from '../errors.ts';
import { openEncryptedFileKeyStore } from './encrypted-file-key-store.ts';
import type { OpenKeyStore } from './key-store.ts';
import { openPkcs11KeyStore } from './pkcs11-key-store.ts';

export interface KeyPlace {
  /** `file`, or a pkcs11: URI (RFC 7512). */
  readonly keys: string;
  /** The CA's own folder: key files are in `keys/` in it, what is remembered of a token beside. */
  readonly home: string;
  /** For key files. */
  readonly passphrase: string;
}

/** As many sessions as can be busy at once on a token. */
const sessions = 4;

/** Opens the store; a token is looked for when the first key is asked for. Throws settingsInvalid {mistakes}. */
export function openKeyStore({ keys, home, passphrase }: KeyPlace): OpenKeyStore {
  if (keys.startsWith('pkcs11:'))
    return openPkcs11KeyStore({ uri: keys, sessions, pinMemory: join(home, 'pin-refused') });
  if (keys !== 'file')
    throw new PkiError('settingsInvalid', { mistakes: ['the CA keys are in "file" or at a pkcs11: URI'] });
  return {
    ...openEncryptedFileKeyStore({ folder: join(home, 'keys'), passphrase }),
    health: () => ({ state: 'green', reason: '' }),
    close: () => Promise.resolve(),
  };
}
