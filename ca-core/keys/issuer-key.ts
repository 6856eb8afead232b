/** The key of an issuing CA. Where its token is away when the CA core starts, the key is opened when the token is there. */
import { PkiError } from '../errors.ts';
import { signatureAlgorithmOf, signingKeyAlgorithmOf, type KeyStoreHealth, type OpenKeyStore } from './key-store.ts';
import { concat, equalBytes, type Der } from '../x509/der.ts';
import type { SigningKey } from '../x509/signed.ts';

export interface IssuerKey {
  readonly key: SigningKey;
  /** Red also while a key that was away has not been opened yet. */
  readonly health: () => KeyStoreHealth;
}

export interface WantedKey {
  readonly label: string;
  /** SubjectPublicKeyInfo of the certificate, which is pinned: with no other key is this the CA. */
  readonly publicKey: Der;
  readonly store: OpenKeyStore;
}

/** Throws keyMissing, passphraseWrong, signerUnfit where the key is another than the certificate's. A token that is away is waited for. */
export async function openIssuerKey(wanted: WantedKey): Promise<IssuerKey> {
  try {
    return { key: await openFitting(wanted), health: wanted.store.health };
  } catch (error) {
    if (error instanceof PkiError && error.code === 'tokenUnavailable') return awaitKey(wanted);
    throw error;
  }
}

async function openFitting({ label, publicKey, store }: WantedKey): Promise<SigningKey> {
  const key = await store.open(label);
  // The certificate comes from the database, the key from the home: only together are they this CA.
  if (!equalBytes(publicKey, key.publicKey)) throw new PkiError('signerUnfit', { reason: 'key and certificate' });
  return key;
}

/** The store connects by itself; whoever asks how the key is has it opened as soon as that is possible. */
function awaitKey(wanted: WantedKey): IssuerKey {
  const { store, publicKey } = wanted;
  let opened: SigningKey | undefined;
  let opening: Promise<void> | undefined;
  let failure = 'the token is back, its key is being opened';
  const open = async (): Promise<SigningKey> => (opened ??= await openFitting(wanted));
  const tryToOpen = async (): Promise<void> => {
    try {
      await open();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    opening = undefined;
  };
  const health = (): KeyStoreHealth => {
    const standing = store.health();
    if (opened !== undefined || standing.state === 'red') return standing;
    opening ??= tryToOpen();
    return { state: 'red', reason: failure };
  };
  const key = {
    algorithm: signatureAlgorithmOf(signingKeyAlgorithmOf(publicKey)),
    publicKey,
    sign: async (message: Uint8Array) => (await open()).sign(message),
    signPieces: async (pieces: Iterable<Uint8Array>) => signPiecesBy(await open(), pieces),
  };
  return { key, health };
}

const signPiecesBy = (key: SigningKey, pieces: Iterable<Uint8Array>): Promise<Uint8Array> =>
  key.signPieces?.(pieces) ?? key.sign(concat(...pieces));
