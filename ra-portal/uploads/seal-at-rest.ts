/** Uploads at rest: AES-256-GCM under a key in the portal's home, bound to whom and what they belong to. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../../ca-core/errors.ts';

const nonceOctets = 12;
const tagOctets = 16;

export interface SealedPlace {
  /** Draft id or reception number. */
  readonly owner: string;
  readonly id: string;
}

export interface UploadSeal {
  /** nonce ‖ tag ‖ ciphertext. */
  readonly close: (file: Buffer, place: SealedPlace) => Buffer;
  /** Throws storeUnavailable for what was changed, or belongs elsewhere. */
  readonly open: (sealed: Uint8Array, place: SealedPlace) => Buffer;
}

/** The key outlives a restart; without its file nothing that was uploaded can be read again. */
export function openUploadSeal(home: string): UploadSeal {
  const key = keyIn(home);
  return {
    close: (file, place) => {
      const nonce = randomBytes(nonceOctets);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(named(place));
      const ciphertext = Buffer.concat([cipher.update(file), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
    },
    open: (sealed, place) => {
      const octets = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', key, octets.subarray(0, nonceOctets));
      decipher.setAAD(named(place)).setAuthTag(octets.subarray(nonceOctets, nonceOctets + tagOctets));
      try {
        return Buffer.concat([decipher.update(octets.subarray(nonceOctets + tagOctets)), decipher.final()]);
      } catch {
        throw new PkiError('storeUnavailable', { what: 'upload' });
      }
    },
  };
}

const named = ({ owner, id }: SealedPlace): Buffer => Buffer.from(`kakuin/upload/v1 ${owner} ${id}`);

function keyIn(home: string): Buffer {
  const file = join(home, 'upload-key');
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  }
  return Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
}
