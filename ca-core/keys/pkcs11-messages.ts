/** What the CA core and the program that holds the token say to each other; always lists, so that many cost one message. */
import type { SigningKeyAlgorithm } from './key-store.ts';
import type { TokenName } from './pkcs11-uri.ts';

/** How the token signs: over a DigestInfo (RFC 8017 §9.2), over a hash, or over the message itself. */
export type TokenMechanism = 'rsaPkcs1' | 'rsaPss256' | 'rsaPss384' | 'ecdsa' | 'ed25519';

export interface ConnectWish {
  readonly module: string;
  readonly token: TokenName;
  readonly pinFile: string;
  /** How many signatures at once. */
  readonly sessions: number;
  /** CKA_IDs, hex, of keys in use: a token without them is not the token that was lost. */
  readonly expected: readonly string[];
}

export interface SignWish {
  /** CKA_ID, hex. */
  readonly key: string;
  readonly mechanism: TokenMechanism;
  readonly input: Uint8Array;
}

export type Wish =
  | ({ readonly do: 'connect' } & ConnectWish)
  /** Private keys of this label, or all. */
  | { readonly do: 'find'; readonly label?: string }
  | { readonly do: 'generate'; readonly label: string; readonly algorithm: SigningKeyAlgorithm }
  | ({ readonly do: 'sign' } & SignWish)
  /** Whether token, sessions and these keys are still there. */
  | { readonly do: 'check'; readonly expected: readonly string[] };

/** A key pair on the token, the public half as the token gives it. */
export interface TokenKey {
  /** CKA_ID, hex. */
  readonly id: string;
  readonly label: string;
  /** DER SubjectPublicKeyInfo; null where the token holds no public half that can be read. */
  readonly publicKey: Uint8Array | null;
}

/**
 * lost: this connection is of no more use. refused: the token will not do this one thing. pin: the PIN was, or would be,
 * tried in vain.
 */
export interface Failure {
  readonly kind: 'lost' | 'refused' | 'pin';
  readonly reason: string;
}

export interface Answers {
  readonly connect: null;
  readonly find: readonly TokenKey[];
  readonly generate: TokenKey;
  readonly sign: Uint8Array;
  readonly check: null;
}

export interface Request {
  readonly number: number;
  readonly wish: Wish;
}

export interface Reply {
  readonly number: number;
  readonly answer?: Answers[keyof Answers];
  readonly failure?: Failure;
}
