/**
 * What a JCANパス card holds, and all that follows from it. The card alone knows the secret: the portal gets the public
 * key to which private keys are sealed, and a proof key that opens nothing.
 *
 *     block 0   4B 01 ‖ key id (10 octets) ‖ check value (4 octets)
 *     block 1   secret (16 octets, random)
 *
 * The check value is the beginning of SHA-256 over the card's own IDm and everything else in the blocks: torn writes,
 * and blocks that were copied to another card, are seen.
 */
import { PkiError } from '../errors.ts';
import { concat, fromHex, toHex } from '../x509/der.ts';
import { pickUpSecretFrom } from './pick-up-secret.ts';

type Octets = Uint8Array<ArrayBuffer>;

export interface CardSecret {
  /** 10 octets, hex: names the secret, and is none. */
  readonly keyId: string;
  /** 16 octets. */
  readonly secret: Octets;
}

export const cardSecretOctets = 32;
const head = Uint8Array.of(0x4b, 0x01);
const keyIdOctets = 10;
const checkAt = head.length + keyIdOctets;
const secretAt = 16;
const pinIterations = 600_000;
const text = new TextEncoder();

export function drawCardSecret(): CardSecret {
  const keyId = toHex(crypto.getRandomValues(new Uint8Array(keyIdOctets)));
  return { keyId, secret: crypto.getRandomValues(new Uint8Array(16)) };
}

/** The two blocks for the card with that IDm (8 octets, hex). */
export async function encodeCardSecret({ keyId, secret }: CardSecret, idm: string): Promise<Octets> {
  const open = concat(head, fromHex(keyId));
  return concat(open, await checkValue(open, secret, idm), secret);
}

/** Throws cardSecretInvalid {reason: 'blank' | 'version' | 'check'}. */
export async function decodeCardSecret(blocks: Uint8Array, idm: string): Promise<CardSecret> {
  if (blocks.every(octet => octet === 0)) throw new PkiError('cardSecretInvalid', { reason: 'blank' });
  const open = concat(blocks.subarray(0, checkAt));
  const secret = concat(blocks.subarray(secretAt, cardSecretOctets));
  if (blocks.length !== cardSecretOctets || blocks[0] !== head[0] || blocks[1] !== head[1]) {
    throw new PkiError('cardSecretInvalid', { reason: 'version' });
  }
  if (toHex(await checkValue(open, secret, idm)) !== toHex(blocks.subarray(checkAt, secretAt))) {
    throw new PkiError('cardSecretInvalid', { reason: 'check' });
  }
  return { keyId: toHex(open.subarray(head.length)), secret };
}

async function checkValue(open: Octets, secret: Uint8Array, idm: string): Promise<Octets> {
  const covered = concat(text.encode('kakuin/card/v1'), fromHex(idm), open, secret);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', covered)).slice(0, 4);
}

/** The pick-up secret that the card remembers in a person's stead: private keys are sealed to its public key. */
export async function pickUpSecretOfCard({ secret }: CardSecret): Promise<string> {
  return pickUpSecretFrom(await derive({ secret, purpose: 'pick-up', octets: 27 }));
}

/** With it whoever holds the card proves it (32 octets, hex). */
export async function proofKeyOfCard({ secret }: CardSecret): Promise<string> {
  return toHex(await derive({ secret, purpose: 'proof', octets: 32 }));
}

/** What the portal asked for: its nonce, for which card and for what. */
export interface CardChallenge {
  readonly idm: string;
  readonly purpose: string;
  /** Hex. */
  readonly nonce: string;
}

/** HMAC-SHA-256 over the challenge, hex. `proofKey` in hex. */
export async function proveCard(proofKey: string, { idm, purpose, nonce }: CardChallenge): Promise<string> {
  const key = await crypto.subtle.importKey('raw', fromHex(proofKey), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const message = text.encode(['kakuin/card-proof/v1', idm, purpose, nonce].join('\n'));
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', key, message)));
}

export interface PassKey {
  readonly secret: Uint8Array;
  /** The server's share, hex. */
  readonly share: string;
  /** The pass's id. */
  readonly pass: string;
  /** The holder's own, if they chose one. */
  readonly pin?: string | undefined;
}

/** The PKCS#12's password: 43 characters of base64url, 128 random bits at the least with neither card nor share known. */
export async function passPassword({ secret, share, pass, pin }: PassKey): Promise<string> {
  const pinPart = pin === undefined ? new Uint8Array() : await stretch(pin, pass);
  const input = concat(secret, fromHex(share), pinPart);
  const octets = await derive({ secret: input, purpose: 'password', octets: 32, salt: text.encode(pass) });
  return btoa(String.fromCharCode(...octets)).replace(/[+/=]/g, sign => ({ '+': '-', '/': '_' })[sign] ?? '');
}

/** A PIN is short: whoever has card and share shall not try them all quickly (PBKDF2-HMAC-SHA-256). */
async function stretch(pin: string, pass: string): Promise<Octets> {
  const key = await crypto.subtle.importKey('raw', text.encode(pin.normalize('NFKC')), 'PBKDF2', false, ['deriveBits']);
  const parameters = { name: 'PBKDF2', hash: 'SHA-256', salt: text.encode(pass), iterations: pinIterations };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 256));
}

interface Derivation {
  readonly secret: Uint8Array;
  readonly purpose: 'pick-up' | 'proof' | 'password';
  readonly octets: number;
  readonly salt?: Uint8Array;
}

/** HKDF-SHA-256 (RFC 5869), a distinct info for each purpose. */
async function derive({ secret, purpose, octets, salt = new Uint8Array() }: Derivation): Promise<Octets> {
  const key = await crypto.subtle.importKey('raw', concat(secret), 'HKDF', false, ['deriveBits']);
  const info = text.encode(`kakuin/card/v1/${purpose}`);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: concat(salt), info };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, octets * 8));
}
