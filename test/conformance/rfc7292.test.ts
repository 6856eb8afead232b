import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodePkcs12, newPassword } from '../../ca-core/delivery/pkcs12.ts';
import { concat } from '../../ca-core/x509/der.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { aChain } from '../support/certificates.ts';
import { judge, openssl } from '../support/openssl.ts';
import { refusalFrom } from '../support/refusal.ts';

const password = newPassword();
const friendlyName = '大田石 Akira';
const pass = ['-passin', `pass:${password}`];
let chain: Awaited<ReturnType<typeof aChain>>;
let pfx: Uint8Array;

beforeAll(async () => {
  chain = await aChain();
  pfx = await encodePkcs12({ ...contentOf(), password });
});

function contentOf() {
  return { privateKey: chain.pkcs8, certificate: chain.subscriber, chain: [chain.root], friendlyName };
}

const blocksOf = (text: string): readonly string[] =>
  [...text.matchAll(/-----BEGIN [^]+?-----END [^-]+-----\n/g)].map(([block]) => block);

describe('§4 PFX', () => {
  it('gives OpenSSL the key, its certificate and the chain', () => {
    const keys = blocksOf(openssl(['pkcs12', '-in', 'p', '-nodes', '-nocerts', ...pass], { p: pfx }));
    expect(keys.map(key => createPrivateKey(key).export({ format: 'der', type: 'pkcs8' }).equals(chain.pkcs8))).toEqual(
      [true],
    );
    const own = blocksOf(openssl(['pkcs12', '-in', 'p', '-nokeys', '-clcerts', ...pass], { p: pfx }));
    expect(own).toEqual([encodePem('CERTIFICATE', chain.subscriber)]);
    const above = blocksOf(openssl(['pkcs12', '-in', 'p', '-nokeys', '-cacerts', ...pass], { p: pfx }));
    expect(above).toEqual([encodePem('CERTIFICATE', chain.root)]);
  });

  it('carries an RSA key too', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pkcs8 = concat(privateKey.export({ format: 'der', type: 'pkcs8' }));
    const p = await encodePkcs12({ ...contentOf(), privateKey: pkcs8, password });
    const [key = ''] = blocksOf(openssl(['pkcs12', '-in', 'p', '-nodes', '-nocerts', ...pass], { p }));
    expect(createPrivateKey(key).export({ format: 'der', type: 'pkcs8' }).equals(pkcs8)).toBe(true);
  });

  it('does not open with another password, nor when an octet was changed', () => {
    const check = (p: Uint8Array, word: string) =>
      openssl(['pkcs12', '-in', 'p', '-noout', '-passin', `pass:${word}`], { p });
    expect(check(pfx, password)).toBe('');
    expect(() => check(pfx, newPassword())).toThrow(/Mac verify error/);
    expect(() => check(pfx.with(300, (pfx[300] ?? 0) ^ 1), password)).toThrow();
  });
});

describe('§4.2 bag attributes', () => {
  it('join key and certificate by one localKeyId and name both', () => {
    const text = openssl(['pkcs12', '-in', 'p', '-nodes', ...pass], { p: pfx });
    const [first, second, ...more] = [...text.matchAll(/localKeyID: ([0-9A-F ]+)/g)].map(([, id]) => id);
    expect(first).toBeDefined();
    expect(second).toBe(first);
    expect(more).toEqual([]);
    expect(text.match(/friendlyName: /g)).toHaveLength(2);
  });
});

describe('§5.1 privacy and integrity', () => {
  it('use PBES2 with AES-256 and SHA-256 throughout, for key and certificates', () => {
    const algorithms = judge('sh', ['-c', `openssl pkcs12 -in p -info -noout -passin pass:${password} 2>&1`], {
      p: pfx,
    }).toString();
    expect(algorithms).toMatch(/MAC: sha256, Iteration 2048\nMAC length: 32, salt length: 16/);
    expect(algorithms.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 2048, PRF hmacWithSHA256/g)).toHaveLength(2);
  });

  it('refuse a password that the iteration count could not protect', async () => {
    for (const word of ['', 'short', 'あ'.repeat(30)]) {
      const refusal = await refusalFrom(encodePkcs12({ ...contentOf(), password: word }));
      expect(refusal).toEqual({ code: 'fieldInvalid', values: { field: 'password' } });
    }
  });
});

describe('appendix B', () => {
  it('is read by GnuTLS, friendly name included', () => {
    const read = judge('certtool', ['--p12-info', '--inder', '--infile', 'p', '--password', password], {
      p: pfx,
    }).toString();
    expect(read).toContain(`Friendly name: ${friendlyName}`);
    expect(read).toContain('MAC info:\n\tMAC: SHA256 (2.16.840.1.101.3.4.2.1)');
    expect(blocksOf(read)).toContain(encodePem('CERTIFICATE', chain.subscriber));
  });

  it('refuses a friendly name that BMPString cannot hold', async () => {
    const refusal = await refusalFrom(encodePkcs12({ ...contentOf(), friendlyName: '𠮷', password }));
    expect(refusal).toEqual({ code: 'fieldInvalid', values: { field: 'friendlyName' } });
  });
});

describe('a password', () => {
  it('is 24 letters and digits without look-alikes, each as likely as the other', () => {
    const drawn = Array.from({ length: 500 }, newPassword);
    for (const word of drawn) expect(word).toMatch(/^[A-HJ-NP-Za-hjkmnp-z2-9]{24}$/);
    const counts = new Map<string, number>();
    for (const symbol of drawn.join('')) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
    expect(counts.size).toBe(55);
    expect(Math.min(...counts.values())).toBeGreaterThan(120);
  });
});
