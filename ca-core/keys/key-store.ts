/** Where signing keys live. A key is made inside its store, is found by its label, and signs without leaving it. */
import type { SigningKey } from '../x509/signed.ts';

export const signingKeyAlgorithms = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'ed25519'] as const;
export type SigningKeyAlgorithm = (typeof signingKeyAlgorithms)[number];

/** Labels are short and safe as file names: lower-case letters, digits and hyphens. */
export const keyLabel = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface KeyStore {
  /** Makes a key under a label that is still free; a label in use is an Error, and its key is left as it was. */
  readonly generate: (label: string, algorithm: SigningKeyAlgorithm) => Promise<SigningKey>;
  /** Throws keyMissing {label}, and passphraseWrong {label} where the store's secret does not open it. */
  readonly open: (label: string) => Promise<SigningKey>;
  /** All labels, sorted. */
  readonly labels: () => Promise<readonly string[]>;
}
