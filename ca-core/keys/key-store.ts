/** Where signing keys live. A key is made inside its store, is found by its label, and signs without leaving it. */
import { createPublicKey } from 'node:crypto';
import { PkiError } from '../errors.ts';
import type { Der } from '../x509/der.ts';
import type { SignatureAlgorithm, SigningKey } from '../x509/signed.ts';

export const signingKeyAlgorithms = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'ed25519'] as const;
export type SigningKeyAlgorithm = (typeof signingKeyAlgorithms)[number];

/** Labels are short and safe as file names: lower-case letters, digits and hyphens. */
export const keyLabel = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface KeyStore {
  /**
   * Makes a key under a label that is still free; a label in use is an Error, and its key is left as it was. Throws
   * keyUnacceptable {reason} where the store cannot make keys of that algorithm.
   */
  readonly generate: (label: string, algorithm: SigningKeyAlgorithm) => Promise<SigningKey>;
  /**
   * The key, to sign by its usual algorithm or by another that it can. Throws keyMissing {label}, passphraseWrong {label}
   * where the store's secret does not open it, signerUnfit {reason} where the key cannot sign so.
   */
  readonly open: (label: string, algorithm?: SignatureAlgorithm) => Promise<SigningKey>;
  /** All labels, sorted. */
  readonly labels: () => Promise<readonly string[]>;
}

/** Whether keys can sign now; `reason` is plain English for logs, empty when green. */
export interface KeyStoreHealth {
  readonly state: 'green' | 'red';
  readonly reason: string;
}

/** A key store that holds something open. */
export interface OpenKeyStore extends KeyStore {
  readonly health: () => KeyStoreHealth;
  readonly close: () => Promise<void>;
}

/** What each kind of key can sign by; the first is the usual one. */
const signatureAlgorithmsOf: Readonly<
  Record<SigningKeyAlgorithm, readonly [SignatureAlgorithm, ...SignatureAlgorithm[]]>
> = {
  'rsa-2048': ['sha256WithRSAEncryption', 'sha384WithRSAEncryption', 'rsassa-pss-SHA256', 'rsassa-pss-SHA384'],
  'rsa-3072': ['sha256WithRSAEncryption', 'sha384WithRSAEncryption', 'rsassa-pss-SHA256', 'rsassa-pss-SHA384'],
  'rsa-4096': ['sha384WithRSAEncryption', 'sha256WithRSAEncryption', 'rsassa-pss-SHA384', 'rsassa-pss-SHA256'],
  'p-256': ['ecdsa-with-SHA256'],
  'p-384': ['ecdsa-with-SHA384'],
  ed25519: ['ed25519'],
};

/** The algorithm asked for, if a key of this kind can sign by it; else its usual one. Throws signerUnfit {reason}. */
export function signatureAlgorithmOf(key: SigningKeyAlgorithm, asked?: SignatureAlgorithm): SignatureAlgorithm {
  const able = signatureAlgorithmsOf[key];
  if (asked === undefined) return able[0];
  if (!able.includes(asked)) throw new PkiError('signerUnfit', { reason: `a key of ${key} does not sign by ${asked}` });
  return asked;
}

/** Which kind of signing key a SubjectPublicKeyInfo is. Throws signerUnfit {reason} for one that no CA here uses. */
export function signingKeyAlgorithmOf(publicKey: Der): SigningKeyAlgorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({
    key: Buffer.from(publicKey),
    format: 'der',
    type: 'spki',
  });
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
  const curves: Partial<Record<string, SigningKeyAlgorithm>> = { prime256v1: 'p-256', secp384r1: 'p-384' };
  const found = {
    rsa: signingKeyAlgorithms.find(name => name === `rsa-${modulusLength}`),
    ec: curves[namedCurve],
    ed25519: 'ed25519' as const,
  };
  const algorithm = Object.hasOwn(found, asymmetricKeyType ?? '')
    ? found[asymmetricKeyType as keyof typeof found]
    : undefined;
  if (algorithm === undefined)
    throw new PkiError('signerUnfit', {
      reason: `no signing key: ${asymmetricKeyType ?? ''} ${namedCurve || modulusLength}`,
    });
  return algorithm;
}
