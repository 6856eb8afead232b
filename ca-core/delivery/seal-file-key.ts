/**
 * The key of a backup's octets, sealed with HPKE (RFC 9180, base mode, as seal.ts) to the operators' public key: whoever
 * makes backups can seal and cannot open.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { PkiError } from '../errors.ts';
import { concat, fromHex, toHex } from '../x509/der.ts';

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const info = concat(new TextEncoder().encode('kakuin/backup/v1')).buffer;
const encOctets = 32;

/** X25519: the public key as hex, the private key's 32 octets. */
export interface BackupKeyPair {
  readonly publicKey: string;
  readonly privateKey: Uint8Array;
}

export async function drawBackupKeyPair(): Promise<BackupKeyPair> {
  const pair = await suite.kem.generateKeyPair();
  const publicKey = toHex(new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)));
  return { publicKey, privateKey: new Uint8Array(await suite.kem.serializePrivateKey(pair.privateKey)) };
}

/** enc (32 octets) ‖ ciphertext, bound to `about`. Throws keyUnacceptable for a public key that is none. */
export async function sealFileKey(publicKey: string, fileKey: Uint8Array, about: Uint8Array): Promise<Uint8Array> {
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(fromHex(publicKey));
    const sender = await suite.createSenderContext({ recipientPublicKey, info });
    const ciphertext = await sender.seal(concat(fileKey), concat(about));
    return concat(new Uint8Array(sender.enc), new Uint8Array(ciphertext));
  } catch {
    throw new PkiError('keyUnacceptable', { reason: 'not a public key for backups' });
  }
}

/** Throws backupUnfit where the private key, what it is about and the sealed octets do not belong together. */
export async function openFileKey(
  privateKey: Uint8Array,
  sealed: Uint8Array,
  about: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(concat(privateKey));
    const enc = concat(sealed.subarray(0, encOctets));
    const recipient = await suite.createRecipientContext({ recipientKey, enc, info });
    return new Uint8Array(await recipient.open(concat(sealed.subarray(encOctets)), concat(about)));
  } catch {
    throw new PkiError('backupUnfit', { reason: 'this private key does not open it' });
  }
}
