import { expect, it } from 'vitest';
import { keyPlaceMistakes, openKeyStore } from '../../ca-core/keys/open-key-store.ts';
import { refusalOf } from '../support/refusal.ts';

const place = { home: '/nowhere', passphrase: 'x' };

it('keys in files are always green', async () => {
  const store = openKeyStore({ ...place, keys: 'file' });
  expect(store.health()).toEqual({ state: 'green', reason: '' });
  await store.close();
});

it('keys on a token are red until the token was reached, and nothing is started before', async () => {
  const store = openKeyStore({ ...place, keys: 'pkcs11:token=t?module-path=/m.so&pin-source=file:/pin' });
  expect(store.health()).toEqual({ state: 'red', reason: 'not connected yet' });
  await store.close();
  await expect(store.labels()).rejects.toThrow('closed');
});

it.each(['', 'files', 'pkcs11:', 'hsm'])('there are no keys at %j', keys => {
  expect(keyPlaceMistakes(keys)).not.toEqual([]);
  expect(refusalOf(() => openKeyStore({ ...place, keys }))?.code).toBe('settingsInvalid');
});
