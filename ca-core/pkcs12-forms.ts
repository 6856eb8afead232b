/**
 * The forms of PKCS#12 as the CA core makes them, hundreds a second: derivations that WebCrypto would do in thousands of
 * steps are done at once here, and the old form, whose algorithms browsers do not have.
 */
import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { encryptUnder, type Encrypted } from './delivery/pbes2.ts';
import { bmpPassword, encodeMacData, repeated, type MacParameters } from './delivery/pkcs12-mac.ts';
import type { Pkcs12Form } from './delivery/pkcs12.ts';
import { integer, octetString, oid, sequence, type Der } from './x509/der.ts';

/** PBES2 AES-256-CBC with PBKDF2-HMAC-SHA-256 (in the thread pool), MAC with SHA-256. */
export const usualPkcs12: Pkcs12Form = {
  encrypt: encryptUnder,
  mac: (safe, parameters) => Promise.resolve(macOver(safe, hashes.sha256, parameters)),
};

/**
 * What Windows before 2019 and old macOS read: 3DES under a key from SHA-1, for certificates as for the key, and a MAC
 * with SHA-1. A password of 128 random bits keeps it at the strength of 3DES, 112 bits.
 */
export const compatiblePkcs12: Pkcs12Form = {
  encrypt: (password, plaintext, iterations) => Promise.resolve(encryptOld(password, plaintext, iterations)),
  mac: (safe, parameters) => Promise.resolve(macOver(safe, hashes.sha1, parameters)),
};

interface Hash {
  readonly name: string;
  readonly oid: string;
  readonly octets: number;
}

const hashes = {
  sha256: { name: 'sha256', oid: '2.16.840.1.101.3.4.2.1', octets: 32 },
  sha1: { name: 'sha1', oid: '1.3.14.3.2.26', octets: 20 },
} as const satisfies Record<string, Hash>;

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C). */
const pbeWithSha1And3Des = '1.2.840.113549.1.12.1.3';

/** What a derivation is for (appendix B.3). */
const purposes = { encryption: 1, initialisationVector: 2, mac: 3 } as const;
const blockOctets = 64;

function encryptOld(password: string, plaintext: Uint8Array, iterations: number): Encrypted {
  const salt = randomBytes(16);
  const parameters = { password, salt, iterations };
  const key = derived(hashes.sha1, parameters, { purpose: purposes.encryption, octets: 24 });
  const iv = derived(hashes.sha1, parameters, { purpose: purposes.initialisationVector, octets: 8 });
  const cipher = createCipheriv('des-ede3-cbc', key, iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const algorithm = sequence(oid(pbeWithSha1And3Des), sequence(octetString(salt), integer(iterations)));
  return { algorithm, ciphertext: new Uint8Array(ciphertext) };
}

function macOver(authenticatedSafe: Uint8Array, hash: Hash, parameters: MacParameters): Der {
  const key = derived(hash, parameters, { purpose: purposes.mac, octets: hash.octets });
  const mac = createHmac(hash.name, key).update(authenticatedSafe).digest();
  return encodeMacData(mac, hash.oid, parameters);
}

interface Wanted {
  readonly purpose: (typeof purposes)[keyof typeof purposes];
  readonly octets: number;
}

/** RFC 7292 appendix B.2. */
function derived(hash: Hash, { password, salt, iterations }: MacParameters, { purpose, octets }: Wanted): Buffer {
  const diversifier = Buffer.alloc(blockOctets, purpose);
  const input = Buffer.concat([repeated(salt), repeated(bmpPassword(password))]);
  const blocks: Buffer[] = [];
  for (let made = 0; made < octets; made += hash.octets) {
    let state = createHash(hash.name).update(diversifier).update(input).digest();
    for (let round = 1; round < iterations; round++) state = createHash(hash.name).update(state).digest();
    blocks.push(state);
    addToBlocks(input, state);
  }
  return Buffer.concat(blocks).subarray(0, octets);
}

/** Iⱼ = (Iⱼ + B + 1) mod 2^512 for each block of 64 octets, B being the state laid end to end. */
function addToBlocks(input: Buffer, state: Buffer): void {
  for (let start = 0; start < input.length; start += blockOctets) {
    let carry = 1;
    for (let at = blockOctets - 1; at >= 0; at--) {
      carry += (input[start + at] ?? 0) + (state[at % state.length] ?? 0);
      input[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
}
