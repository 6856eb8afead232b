import graphene from 'graphene-pk11';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPkcs11KeyStore } from '../../ca-core/keys/pkcs11-key-store.ts';
import type { OpenKeyStore } from '../../ca-core/keys/key-store.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { describeKeyStore } from '../contracts/key-store.ts';
import { refusalFrom } from '../support/refusal.ts';
import { pin, softHsm, type SoftHsm } from '../support/soft-hsm.ts';

let hsm: SoftHsm;
let tokens = 0;
const open: OpenKeyStore[] = [];
beforeAll(() => void (hsm = softHsm()));
afterAll(async () => {
  for (const store of open) await store.close();
  hsm.end();
});

function storeOf(uri: string): OpenKeyStore {
  const store = openPkcs11KeyStore({ uri, sessions: 4 });
  open.push(store);
  return store;
}

describeKeyStore(
  'the PKCS#11 store',
  () => {
    const token = `contract-${(tokens += 1)}`;
    hsm.addToken(token);
    const reopen = () => storeOf(hsm.uri(token));
    return Promise.resolve({ store: reopen(), reopen });
  },
  ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'ed25519'],
);

describe('a key on the token', () => {
  it('stays there: sensitive, not extractable, called by the identifier that certificates call it by', async () => {
    hsm.addToken('attributes');
    const key = await storeOf(hsm.uri('attributes')).generate('issuing', 'p-256');
    const id = Buffer.from(keyIdentifier(key.publicKey));
    expect(attributesOnToken('attributes')).toEqual([
      {
        id,
        label: 'issuing',
        token: true,
        private: true,
        sensitive: true,
        alwaysSensitive: true,
        extractable: false,
        neverExtractable: true,
        sign: true,
      },
    ]);
  });

  it('is found only where the URI says: by label, by CKA_ID, on the token of that serial number', async () => {
    hsm.addToken('narrow');
    const uri = hsm.uri('narrow');
    const key = await storeOf(uri).generate('a', 'p-256');
    await storeOf(uri).generate('b', 'p-256');
    const id = Buffer.from(keyIdentifier(key.publicKey)).toString('hex').replaceAll(/../g, '%$&');
    expect(await storeOf(uri.replace('?', ';object=b?')).labels()).toEqual(['b']);
    expect(await storeOf(uri.replace('?', `;id=${id}?`)).labels()).toEqual(['a']);
    expect(await refusalFrom(storeOf(uri.replace('?', ';serial=0?')).labels())).toEqual({
      code: 'tokenUnavailable',
      values: { reason: 'the token narrow, 0 is not there' },
    });
  });

  it('is not guessed between two tokens of one name', async () => {
    hsm.addToken('twin');
    hsm.addToken('twin');
    const refusal = await refusalFrom(storeOf(hsm.uri('twin')).labels());
    expect(refusal).toEqual({ code: 'tokenUnavailable', values: { reason: 'more than one token is called twin' } });
  });

  it('cannot be reached through a library that is none', async () => {
    const uri = hsm.uri().replace(hsm.module, '/usr/lib/no-such-module.so');
    expect(await refusalFrom(storeOf(uri).labels())).toMatchObject({ code: 'tokenUnavailable' });
  });
});

/** As another program sees the private keys. */
function attributesOnToken(label: string): object[] {
  const module = graphene.Module.load(hsm.module);
  module.initialize({ flags: 2 });
  const slot = Array.from(module.getSlots(true)).find(one => one.getToken().label === label);
  if (slot === undefined) throw new Error(`no token ${label}`);
  const session = slot.open();
  session.login(pin);
  const names = [
    'id',
    'label',
    'token',
    'private',
    'sensitive',
    'alwaysSensitive',
    'extractable',
    'neverExtractable',
    'sign',
  ];
  const wanted = Object.fromEntries(names.map(name => [name, null]));
  const found = Array.from(session.find({ class: graphene.ObjectClass.PRIVATE_KEY })).map(key =>
    key.getAttribute(wanted),
  );
  module.finalize();
  return found;
}
