import type { KeyStore } from '../keys/key-store.ts';
import type { SigningKey } from '../x509/signed.ts';

/** The key that signs checkpoints. A fresh one was made just now, so that no log of its can be missing. */
export interface AuditKey {
  /** What the log is called when it begins; later its files say so. */
  readonly origin: string;
  readonly key: SigningKey;
  readonly age: 'fresh' | 'kept';
}

/** Opens the Ed25519 key `audit`, or makes it at the first start. Throws passphraseWrong, keyMissing. */
export async function openAuditKey(keys: KeyStore, origin: string): Promise<AuditKey> {
  const isThere = (await keys.labels()).includes('audit');
  if (isThere) return { origin, key: await keys.open('audit'), age: 'kept' };
  return { origin, key: await keys.generate('audit', 'ed25519'), age: 'fresh' };
}
