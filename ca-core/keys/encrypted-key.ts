/** One private key as encrypted JSON: AES-256-GCM under a key that scrypt (RFC 7914) makes from the passphrase. */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { z } from '../schema.ts';
import { signingKeyAlgorithms, type SigningKeyAlgorithm } from './key-store.ts';

/** N = 2^15, r = 8, p = 1: 32 MiB and about 0.1 s for one guess. */
const cost = { N: 32_768, r: 8, p: 1 } as const;
const tagOctets = 16;

const base64 = z.base64();
const keyFile = z.strictObject({
  version: z.literal(1),
  label: z.string(),
  algorithm: z.enum([...signingKeyAlgorithms, 'x25519']),
  /** DER SubjectPublicKeyInfo; readable without the passphrase, and bound to the private key by the tag. */
  publicKey: base64,
  scrypt: z.strictObject({ N: z.literal(cost.N), r: z.literal(cost.r), p: z.literal(cost.p), salt: base64 }),
  iv: base64,
  /** PKCS#8, encrypted, followed by the tag of 16 octets. */
  ciphertext: base64,
});
export type KeyFile = z.infer<typeof keyFile>;

export interface PlainKey {
  readonly label: string;
  /** x25519 opens backups and signs nothing; its private key is its 32 octets. */
  readonly algorithm: SigningKeyAlgorithm | 'x25519';
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly pkcs8: Uint8Array;
  readonly secret: Uint8Array;
}

export async function encryptKey({ label, algorithm, publicKey, pkcs8, secret }: PlainKey): Promise<KeyFile> {
  const salt = randomBytes(16);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await stretch(secret, salt), iv, { authTagLength: tagOctets });
  cipher.setAAD(boundTo(label, publicKey));
  const ciphertext = Buffer.concat([cipher.update(pkcs8), cipher.final(), cipher.getAuthTag()]);
  return {
    version: 1,
    label,
    algorithm,
    publicKey: Buffer.from(publicKey).toString('base64'),
    scrypt: { ...cost, salt: salt.toString('base64') },
    iv: iv.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
  };
}

/** PKCS#8. Throws passphraseWrong {label}, also when the file was changed: the tag cannot tell the two apart. */
export async function decryptKey(label: string, file: KeyFile, secret: Uint8Array): Promise<Buffer> {
  const sealed = Buffer.from(file.ciphertext, 'base64');
  const key = await stretch(secret, Buffer.from(file.scrypt.salt, 'base64'));
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(file.iv, 'base64'), { authTagLength: tagOctets });
    decipher.setAAD(boundTo(label, Buffer.from(file.publicKey, 'base64')));
    decipher.setAuthTag(sealed.subarray(-tagOctets));
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagOctets)), decipher.final()]);
  } catch {
    throw new PkiError('passphraseWrong', { label });
  }
}

/** Throws keyMissing {label, reason} for a file that is not a key of this form under this label. */
export function readKeyFile(label: string, text: string): KeyFile {
  const file = keyFile.safeParse(parsed(text));
  if (!file.success || file.data.label !== label) throw new PkiError('keyMissing', { label, reason: 'file damaged' });
  return file.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The label ends with a zero octet, which no label contains, so that the two parts cannot be shifted. */
function boundTo(label: string, publicKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${label}\0`, 'utf8'), publicKey]);
}

function stretch(secret: Uint8Array, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, { ...cost, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
