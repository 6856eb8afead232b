/**
 * Sealing a private key to the applicant's browser with HPKE (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM. The recipient's key pair follows from the pick-up secret, which never leaves the browser.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { PkiError } from '../errors.ts';
import { concat, fromHex, toHex } from '../x509/der.ts';
import { mistyped, readPickUpSecret } from './pick-up-secret.ts';

export { drawPickUpSecret } from './pick-up-secret.ts';

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const textEncoder = new TextEncoder();
const encOctets = 32;
const tagOctets = 16;

/** The case that a sealed text belongs to; under another case it does not open. */
export interface SealedCase {
  readonly caseId: string;
  /** SHA-256 of the case document, hex. */
  readonly caseDigest: string;
}

/**
 * The 32 octets of the X25519 public key that belongs to a secret, hex. Throws fieldInvalid {field: pickUpSecret} for
 * a mistyped secret.
 */
export async function pickUpPublicKey(secret: string): Promise<string> {
  const { publicKey } = await keyPairOf(secret);
  return toHex(new Uint8Array(await suite.kem.serializePublicKey(publicKey)));
}

/** enc (32 octets) ‖ ciphertext. Throws keyUnacceptable for a public key that is not one (also for points of low order). */
export async function sealTo(
  sealing: SealedCase & { readonly publicKey: string; readonly plaintext: Uint8Array },
): Promise<Uint8Array<ArrayBuffer>> {
  const { publicKey, plaintext } = sealing;
  const sender = await fit(async () => {
    const recipientPublicKey = await suite.kem.deserializePublicKey(fromHex(publicKey));
    return suite.createSenderContext({ recipientPublicKey, info: infoOf(sealing) });
  });
  const ciphertext = await sender.seal(concat(plaintext), fromHex(sealing.caseDigest));
  return concat(new Uint8Array(sender.enc), new Uint8Array(ciphertext));
}

/**
 * Opens what sealTo made. Throws fieldInvalid {field: pickUpSecret, reason}: `form` or `check` for a mistyped secret,
 * before any decryption; `doesNotOpen` where the secret, the case or the sealed octets do not belong together.
 */
export async function openSealed(
  opening: SealedCase & { readonly secret: string; readonly sealed: Uint8Array },
): Promise<Uint8Array<ArrayBuffer>> {
  const { secret, sealed, caseDigest } = opening;
  const recipientKey = await keyPairOf(secret);
  if (sealed.length < encOctets + tagOctets) throw mistyped('doesNotOpen');
  const enc = concat(sealed.subarray(0, encOctets));
  const ciphertext = concat(sealed.subarray(encOctets));
  try {
    const recipient = await suite.createRecipientContext({ recipientKey, enc, info: infoOf(opening) });
    return new Uint8Array(await recipient.open(ciphertext, fromHex(caseDigest)));
  } catch {
    throw mistyped('doesNotOpen');
  }
}

/** DeriveKeyPair (RFC 9180 §7.1.3) over 32 octets that HKDF-SHA-256 (RFC 5869) makes from the secret's 28 symbols. */
async function keyPairOf(secret: string): Promise<CryptoKeyPair> {
  const symbols = textEncoder.encode(readPickUpSecret(secret));
  const input = await crypto.subtle.importKey('raw', symbols, 'HKDF', false, ['deriveBits']);
  const parameters = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(0),
    info: textEncoder.encode('kakuin/pick-up/v1/key pair'),
  };
  return suite.kem.deriveKeyPair(await crypto.subtle.deriveBits(parameters, input, 256));
}

function infoOf({ caseId }: SealedCase): ArrayBuffer {
  return concat(textEncoder.encode(`kakuin/pick-up/v1${caseId}`)).buffer;
}

async function fit<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch {
    throw new PkiError('keyUnacceptable', { reason: 'pickUpPublicKey' });
  }
}
