/** What every KeyStore promises, whether its keys are in files or in a token. */
import { createPublicKey, verify } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeyStore, SigningKeyAlgorithm } from '../../ca-core/keys/key-store.ts';
import { hashOf, signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import { sequence } from '../../ca-core/x509/der.ts';
import { refusalFrom } from '../support/refusal.ts';

export interface StoreUnderTest {
  readonly store: KeyStore;
  /** The same keys seen by a process that started anew. */
  readonly reopen: () => KeyStore;
}

const message = new TextEncoder().encode('what is signed');

async function signatureHolds(key: SigningKey): Promise<boolean> {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  return verify(hashOf(key.algorithm), message, publicKey, await key.sign(message));
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
