/** Both forms of PKCS#12 that the CA core makes, as OpenSSL, NSS, GnuTLS and Java read them. */
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePkcs12, newPassword, pinIterations, usualForm } from '../../ca-core/delivery/pkcs12.ts';
import { compatiblePkcs12, usualPkcs12 } from '../../ca-core/pkcs12-forms.ts';
import { aChain } from '../support/certificates.ts';
import { judge } from '../support/openssl.ts';
import { pkcs12Readers } from '../support/pkcs12-readers.ts';

const password = newPassword();
const friendlyName = 'Kakuno Hanako';
let content: Parameters<typeof encodePkcs12>[0];

beforeAll(async () => {
  const { pkcs8: privateKey, subscriber: certificate, root } = await aChain();
  content = { privateKey, certificate, chain: [root], friendlyName, password };
});

const infoOf = (p: Uint8Array, word = password): string =>
  judge('sh', ['-c', `openssl pkcs12 -in p -info -noout -passin 'pass:${word}' 2>&1`], { p }).toString();

describe.each([
  ['usual', usualPkcs12],
  ['compatible', compatiblePkcs12],
])('the %s form', (_, form) => {
  it.each(Object.entries(pkcs12Readers))('is read by %s, name included', { timeout: 60_000 }, async (_reader, read) => {
    const pkcs12 = await encodePkcs12(content, form);
    expect(read(pkcs12, password).toLowerCase()).toContain(friendlyName.toLowerCase());
    expect(() => read(pkcs12, newPassword())).toThrow();
  });
});

it('the usual form is AES-256 and SHA-256, the compatible one 3DES and SHA-1, for key and certificates', async () => {
  const usual = infoOf(await encodePkcs12(content, usualPkcs12));
  expect(usual).toMatch(/MAC: sha256, Iteration 2048\n/);
  expect(usual.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256/g)).toHaveLength(2);
  const compatible = infoOf(await encodePkcs12(content, compatiblePkcs12));
  expect(compatible).toMatch(/MAC: sha1, Iteration 2048\n/);
  expect(compatible.match(/pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048/g)).toHaveLength(2);
});

it("a person's own PIN is stretched further, and refused where it is not", async () => {
  const own = { ...content, password: '314159' };
  await expect(encodePkcs12(own, usualPkcs12)).rejects.toThrow('password');
  const stretched = await encodePkcs12({ ...own, iterations: pinIterations }, usualPkcs12);
  expect(infoOf(stretched, own.password).match(/Iteration 100000/g)).toHaveLength(3);
});

it('what browsers make and what the CA core makes is one form', async () => {
  expect(infoOf(await encodePkcs12(content, usualForm))).toBe(infoOf(await encodePkcs12(content, usualPkcs12)));
});
