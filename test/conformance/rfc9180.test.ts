import { DhkemX25519HkdfSha256 } from '@hpke/core';
import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawPickUpSecret, pickUpPublicKey, sealTo } from '../../ca-core/delivery/seal.ts';

/** HPKE's recipient once more, straight from the RFC's pseudocode on node:crypto: a second opinion on what is sealed. */
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const twoOctets = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const kemSuite = Buffer.concat([ascii('KEM'), twoOctets(0x0020)]);
const hpkeSuite = Buffer.concat([ascii('HPKE'), twoOctets(0x0020), twoOctets(0x0001), twoOctets(0x0002)]);

interface Labelled {
  readonly suite: Buffer;
  readonly label: string;
}

function labeledExtract(salt: Uint8Array, { suite, label }: Labelled, input: Uint8Array): Buffer {
  return createHmac('sha256', salt).update('HPKE-v1').update(suite).update(label).update(input).digest();
}

function labeledExpand(secret: Uint8Array, { suite, label }: Labelled, context: Uint8Array, length: number): Buffer {
  const material = Buffer.concat([twoOctets(length), ascii('HPKE-v1'), suite, ascii(label), context]);
  const blocks: Buffer[] = [];
  for (let index = 1; 32 * blocks.length < length; index++) {
    const mac = createHmac('sha256', secret).update(blocks.at(-1) ?? Buffer.alloc(0));
    blocks.push(mac.update(material).update(Buffer.of(index)).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function deriveKeyPair(input: Uint8Array): { privateKey: KeyObject; publicKey: Buffer } {
  const secret = labeledExtract(Buffer.alloc(0), { suite: kemSuite, label: 'dkp_prk' }, input);
  const raw = labeledExpand(secret, { suite: kemSuite, label: 'sk' }, Buffer.alloc(0), 32);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), raw]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32) };
}

function sharedSecretOf(enc: Buffer, { privateKey, publicKey }: ReturnType<typeof deriveKeyPair>): Buffer {
  const spki = Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), enc]);
  const ephemeral = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const dh = diffieHellman({ privateKey, publicKey: ephemeral });
  const secret = labeledExtract(Buffer.alloc(0), { suite: kemSuite, label: 'eae_prk' }, dh);
  return labeledExpand(secret, { suite: kemSuite, label: 'shared_secret' }, Buffer.concat([enc, publicKey]), 32);
}

function keySchedule(sharedSecret: Buffer, info: Buffer): { key: Buffer; nonce: Buffer } {
  const nothing = Buffer.alloc(0);
  const labelled = (label: string): Labelled => ({ suite: hpkeSuite, label });
  const pskIdHash = labeledExtract(nothing, labelled('psk_id_hash'), nothing);
  const context = Buffer.concat([Buffer.of(0), pskIdHash, labeledExtract(nothing, labelled('info_hash'), info)]);
  const secret = labeledExtract(sharedSecret, labelled('secret'), nothing);
  return {
    key: labeledExpand(secret, labelled('key'), context, 32),
    nonce: labeledExpand(secret, labelled('base_nonce'), context, 12),
  };
}

function keyPairOf(secret: string): ReturnType<typeof deriveKeyPair> {
  const symbols = ascii(secret.replaceAll('-', ''));
  const input = hkdfSync('sha256', symbols, Buffer.alloc(0), 'kakuin/pick-up/v1/key pair', 32);
  return deriveKeyPair(new Uint8Array(input));
}

describe('§7.1.3 DeriveKeyPair', () => {
  it('gives the recipient of appendix A.1.1, in the library and in the second opinion', async () => {
    const input = Buffer.from('7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234', 'hex');
    const expected = '37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431';
    const kem = new DhkemX25519HkdfSha256();
    const { publicKey } = await kem.deriveKeyPair(Uint8Array.from(input).buffer);
    expect(Buffer.from(await kem.serializePublicKey(publicKey)).toString('hex')).toBe(expected);
    expect(deriveKeyPair(input).publicKey.toString('hex')).toBe(expected);
  });

  it('gives the public key of a pick-up secret', async () => {
    const secret = drawPickUpSecret();
    expect(await pickUpPublicKey(secret)).toBe(keyPairOf(secret).publicKey.toString('hex'));
  });
});

describe('§5.1.1 and §5.2 base mode', () => {
  it('seals what the second opinion opens: DHKEM(X25519), HKDF-SHA256, AES-256-GCM, info and aad as agreed', async () => {
    const secret = drawPickUpSecret();
    const caseId = 'K26-0000-0001';
    const caseDigest = '5a'.repeat(32);
    const plaintext = Uint8Array.of(1, 2, 3);
    const sealed = Buffer.from(
      await sealTo({ publicKey: await pickUpPublicKey(secret), caseId, caseDigest, plaintext }),
    );
    const shared = sharedSecretOf(sealed.subarray(0, 32), keyPairOf(secret));
    const { key, nonce } = keySchedule(shared, ascii(`kakuin/pick-up/v1${caseId}`));
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAAD(Buffer.from(caseDigest, 'hex')).setAuthTag(sealed.subarray(-16));
    const opened = Buffer.concat([decipher.update(sealed.subarray(32, -16)), decipher.final()]);
    expect(new Uint8Array(opened)).toEqual(plaintext);
  });
});
