/** The responder's own keys, in its own home under its own passphrase or on its own token: no other service can open them. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openEncryptedFileKeyStore, openKeyStore } from '../ca-core/index.ts';
import type { Der, KeyStore, KeyStoreHealth, OpenKeyStore } from '../ca-core/index.ts';

/** Label of the key that the ceremony pins. Each renewal makes the next one. */
export const firstKeyLabel = 'signer-1';
export const nextKeyLabel = (label: string): string => `signer-${Number(label.slice('signer-'.length)) + 1}`;

export interface ResponderKeyPlace {
  /** An existing folder that only the responder's account may read. */
  readonly home: string;
  /** For key files. One line; the line's end is not part of the passphrase. */
  readonly passphraseFile: string;
  /** `file`, which is also what nothing means, or a pkcs11: URI (RFC 7512). */
  readonly keys?: string | undefined;
}

/** The keys of all issuing CAs that a responder answers for; each has its own, since each has its own signer. */
export interface ResponderKeys {
  /** Those of the CA that is kept in this folder: the home itself, or one of `home/issuers`. */
  readonly of: (folder: string) => KeyStore;
  readonly health: () => KeyStoreHealth;
  readonly close: () => Promise<void>;
}

/** Throws settingsInvalid for a URI that cannot be. A token is looked for when the first key is asked for. */
export async function openResponderKeys({
  home,
  passphraseFile,
  keys = 'file',
}: ResponderKeyPlace): Promise<ResponderKeys> {
  if (keys !== 'file') return keysOnToken(home, openKeyStore({ keys, home, passphrase: '' }));
  const passphrase = (await readFile(passphraseFile, 'utf8')).trimEnd();
  const opened = new Map<string, KeyStore>();
  return {
    of: folder => {
      const store = opened.get(folder) ?? openEncryptedFileKeyStore({ folder, passphrase });
      opened.set(folder, store);
      return store;
    },
    health: () => ({ state: 'green', reason: '' }),
    close: () => Promise.resolve(),
  };
}

/** One token for all: the labels of a further CA's keys begin with the name of its folder. */
function keysOnToken(home: string, store: OpenKeyStore): ResponderKeys {
  return {
    of: folder => (folder === home ? store : labelled(`${basename(folder)}-`, store)),
    health: store.health,
    close: store.close,
  };
}

function labelled(prefix: string, store: KeyStore): KeyStore {
  return {
    generate: (label, algorithm) => store.generate(prefix + label, algorithm),
    open: (label, algorithm) => store.open(prefix + label, algorithm),
    labels: async () => {
      const labels = await store.labels();
      return labels.filter(label => label.startsWith(prefix)).map(label => label.slice(prefix.length));
    },
  };
}

/** For the ceremony: a CA's first key, made when there is none yet. Its SubjectPublicKeyInfo, DER, is what is pinned. */
export async function firstResponderKey(place: ResponderKeyPlace & { readonly folder?: string }): Promise<Der> {
  const keys = await openResponderKeys(place);
  try {
    const store = keys.of(place.folder ?? place.home);
    const labels = await store.labels();
    const key = await (labels.includes(firstKeyLabel)
      ? store.open(firstKeyLabel)
      : store.generate(firstKeyLabel, 'p-256'));
    return key.publicKey;
  } finally {
    await keys.close();
  }
}
