/** What every KeyStore promises, whether its keys are in files or in a token. */
import { constants, createPublicKey, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeyStore, SigningKeyAlgorithm } from '../../ca-core/keys/key-store.ts';
import { hashOf, signed, type SignatureAlgorithm, type SigningKey } from '../../ca-core/x509/signed.ts';
import { octetString, sequence } from '../../ca-core/x509/der.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { readCertificate, verifyCertificate } from '../../ca-core/x509/certificate.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { rootTbs } from '../support/certificates.ts';
import { openssl } from '../support/openssl.ts';
import { refusalFrom } from '../support/refusal.ts';

export interface StoreUnderTest {
  readonly store: KeyStore;
  /** The same keys seen by a process that started anew. */
  readonly reopen: () => KeyStore;
}

const saltAsHash = constants.RSA_PSS_SALTLEN_DIGEST;
const message = new TextEncoder().encode('what is signed');

async function signatureHolds(key: SigningKey): Promise<boolean> {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  const padding = key.algorithm.includes('pss')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltAsHash }
    : {};
  return verify(hashOf(key.algorithm), message, { key: publicKey, ...padding }, await key.sign(message));
}

/** A certificate that the key signs over itself: our reader, then OpenSSL with `-x509_strict`. */
async function judgedByOpenSsl(key: SigningKey): Promise<string> {
  const der = await signed(encodeTbsCertificate(rootTbs(key)), key);
  expect(verifyCertificate(readCertificate(der), key.publicKey)).toBe(true);
  const args = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', 'root.pem', 'root.pem'];
  return openssl(args, { 'root.pem': encodePem('CERTIFICATE', der) });
}

export function describeKeyStore(
  name: string,
  open: () => Promise<StoreUnderTest>,
  algorithms: readonly SigningKeyAlgorithm[],
): void {
  describe(`${name} keeps the promises of a KeyStore`, () => {
    let tested: StoreUnderTest;
    beforeEach(async () => {
      tested = await open();
    });

    it.each(algorithms)('makes %s keys that sign, and finds them again', async algorithm => {
      const made = await tested.store.generate('issuing-ca', algorithm);
      const found = await tested.reopen().open('issuing-ca');
      expect(found.publicKey).toEqual(made.publicKey);
      expect(found.algorithm).toBe(made.algorithm);
      expect(await signatureHolds(made)).toBe(true);
      expect(await signatureHolds(found)).toBe(true);
      await expect(signed(sequence(), found)).resolves.toBeInstanceOf(Uint8Array);
    });

    it.each<SignatureAlgorithm>(['sha384WithRSAEncryption', 'rsassa-pss-SHA256', 'rsassa-pss-SHA384'])(
      'lets an RSA key sign by %s when it is asked to, and a certificate says so as OpenSSL does',
      async algorithm => {
        await tested.store.generate('rsa', 'rsa-2048');
        const key = await tested.reopen().open('rsa', algorithm);
        expect(key.algorithm).toBe(algorithm);
        expect(await signatureHolds(key)).toBe(true);
        expect(await judgedByOpenSsl(key)).toContain('OK');
      },
    );

    it('signs a message of many octets', async () => {
      const key = await tested.store.generate('long', 'p-256');
      await expect(signed(sequence(octetString(new Uint8Array(200_000))), key)).resolves.toBeDefined();
    });

    it('lets no key sign by what is not its own', async () => {
      await tested.store.generate('ec', 'p-256');
      expect((await refusalFrom(tested.store.open('ec', 'ecdsa-with-SHA384')))?.code).toBe('signerUnfit');
    });

    it('signs many messages at once', async () => {
      const key = await tested.store.generate('busy', 'p-256');
      const all = await Promise.all(Array.from({ length: 20 }, () => signatureHolds(key)));
      expect(all).not.toContain(false);
    });

    it('knows its labels, and no key under another', async () => {
      expect(await tested.store.labels()).toEqual([]);
      await tested.store.generate('b', 'p-256');
      await tested.store.generate('a', 'p-256');
      expect(await tested.reopen().labels()).toEqual(['a', 'b']);
      expect(await refusalFrom(tested.store.open('c'))).toMatchObject({ code: 'keyMissing', values: { label: 'c' } });
      expect(await refusalFrom(tested.store.open('../a'))).toMatchObject({ code: 'keyMissing' });
    });

    it('never replaces a key', async () => {
      const first = await tested.store.generate('root', 'p-256');
      await expect(tested.store.generate('root', 'p-256')).rejects.toThrow();
      expect((await tested.reopen().open('root')).publicKey).toEqual(first.publicKey);
      expect(await tested.store.labels()).toEqual(['root']);
    });
  });
}
