import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openEncryptedFileKeyStore } from '../../ca-core/keys/encrypted-file-key-store.ts';
import { describeKeyStore } from '../contracts/key-store.ts';
import { refusalFrom } from '../support/refusal.ts';

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-keys-'));
  folders.push(folder);
  return folder;
};
afterAll(() => folders.forEach(folder => rmSync(folder, { recursive: true })));

const passphrase = 'correct horse';

describeKeyStore(
  'the encrypted file store',
  () => {
    const folder = newFolder();
    const reopen = () => openEncryptedFileKeyStore({ folder, passphrase });
    return Promise.resolve({ store: reopen(), reopen });
  },
  ['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'p-384', 'ed25519'],
);

async function aKeyFile() {
  const folder = newFolder();
  await openEncryptedFileKeyStore({ folder, passphrase }).generate('ca', 'p-256');
  const [name = ''] = readdirSync(folder);
  const path = join(folder, name);
  const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  const reopened = (with_: string | Uint8Array = passphrase) =>
    openEncryptedFileKeyStore({ folder, passphrase: with_ }).open('ca');
  return { folder, path, file, reopened };
}

describe('a key file', () => {
  it('is for its owner only, stands alone, and holds no private key in the clear', async () => {
    const { folder, path, file } = await aKeyFile();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['ca.key.json']);
    expect(file).toMatchObject({ version: 1, label: 'ca', algorithm: 'p-256', scrypt: { N: 32_768, r: 8, p: 1 } });
    expect(Buffer.from(file.ciphertext ?? '', 'base64').includes(Buffer.from('2a8648ce3d0201', 'hex'))).toBe(false);
  });

  it('opens with its passphrase, as text or octets, and with no other', async () => {
    const { reopened } = await aKeyFile();
    await expect(reopened(new TextEncoder().encode(passphrase))).resolves.toBeDefined();
    expect(await refusalFrom(reopened(`${passphrase} `))).toEqual({ code: 'passphraseWrong', values: { label: 'ca' } });
  });

  it('does not open when its public key, its ciphertext or its label was changed', async () => {
    const { folder, path, file, reopened } = await aKeyFile();
    const other = await aKeyFile();
    const write = (change: object) => writeFileSync(path, JSON.stringify({ ...file, ...change }));
    write({ publicKey: other.file.publicKey });
    expect((await refusalFrom(reopened()))?.code).toBe('passphraseWrong');
    write({ ciphertext: other.file.ciphertext, iv: other.file.iv });
    expect((await refusalFrom(reopened()))?.code).toBe('passphraseWrong');
    write({ label: 'other' });
    expect((await refusalFrom(reopened()))?.code).toBe('keyMissing');
    writeFileSync(join(folder, 'other.key.json'), JSON.stringify({ ...file, label: 'other' }));
    const moved = openEncryptedFileKeyStore({ folder, passphrase }).open('other');
    expect((await refusalFrom(moved))?.code).toBe('passphraseWrong');
  });

  it.each(['', '{', '[]', '{"version":2}'])('that holds %j is called damaged', async text => {
    const { path, reopened } = await aKeyFile();
    writeFileSync(path, text);
    expect(await refusalFrom(reopened())).toMatchObject({ code: 'keyMissing', values: { reason: 'file damaged' } });
  });
});
