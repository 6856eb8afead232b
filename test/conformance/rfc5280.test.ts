import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { encodeName } from '../../ca-core/x509/name.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { signed } from '../../ca-core/x509/signed.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import * as support from '../support/certificates.ts';
import { openssl } from '../support/openssl.ts';

let chain: Awaited<ReturnType<typeof support.aChain>>;
let text: string;
let dump: string;
beforeAll(async () => {
  chain = await support.aChain();
  text = openssl(['x509', '-inform', 'DER', '-in', 'c', '-noout', '-text', '-nameopt', 'RFC2253,-dn_rev,utf8'], {
    c: chain.subscriber,
  });
  dump = openssl(['asn1parse', '-inform', 'DER', '-in', 'c'], { c: chain.subscriber });
});

describe('§4.1 the certificate', () => {
  it('verifies with OpenSSL, strictly, for its purposes', () => {
    const files = { root: encodePem('CERTIFICATE', chain.root), sub: encodePem('CERTIFICATE', chain.subscriber) };
    const at = ['-attime', String(support.notBefore + 1)];
    for (const purpose of ['sslclient', 'smimesign']) {
      const args = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', 'root', '-purpose', purpose, ...at, 'sub'];
      expect(openssl(args, files)).toBe('sub: OK\n');
    }
  });

  it('is the same to OpenSSL as to the strict reader', () => {
    const judge = new X509Certificate(chain.subscriber);
    const own = readCertificate(chain.subscriber);
    expect(judge.serialNumber.toLowerCase()).toBe(own.serialNumber);
    expect(Date.parse(judge.validFrom) / 1000).toBe(own.notBefore);
    expect(Date.parse(judge.validTo) / 1000).toBe(own.notAfter);
    expect(judge.subjectAltName).toBe('email:otaishi-akira@example.jp');
    expect(toHex(judge.publicKey.export({ format: 'der', type: 'spki' }))).toBe(toHex(own.subjectPublicKeyInfo));
    expect(judge.verify(new X509Certificate(chain.root).publicKey)).toBe(true);
  });
});

describe('§4.1.2.2 serialNumber', () => {
  it('is positive when its first bit is set', () => {
    expect(dump).toContain('INTEGER           :80F1E2D3C4B5A69788796A5B4C3D2E1F');
    expect(text).toContain('80:f1:e2:d3');
  });
});

describe('§4.1.2.4 issuer and §4.1.2.6 subject', () => {
  it('has one attribute to an RDN, in order', () => {
    expect(text).toContain(
      `Subject: C=JP,ST=Tokyo,L=Minato,O=Example K.K.,OU=1.2.392.200063.80.1.1,OU=${support.robinsUrl},CN=BN-Otaishi Akira`,
    );
    expect(dump.match(/l= +\d+ cons: SET/g)).toHaveLength(3 + 7);
  });

  it('writes C as PrintableString and directory strings as UTF8String', () => {
    const types = [...dump.matchAll(/OBJECT +:(\w+)\n.*?prim: (\w+) +:/g)].map(
      ([, type, form]) => `${type ?? ''} ${form ?? ''}`,
    );
    const subject = ['countryName PRINTABLESTRING', 'stateOrProvinceName UTF8STRING', 'localityName UTF8STRING'];
    const organisation = ['organizationName UTF8STRING', 'organizationalUnitName UTF8STRING', 'commonName UTF8STRING'];
    expect(types).toEqual(expect.arrayContaining([...subject, ...organisation]));
  });

  it('writes E as IA5String', () => {
    const name = encodeName([{ type: 'E', value: 'a@example.jp' }]);
    expect(openssl(['asn1parse', '-inform', 'DER', '-in', 'n'], { n: name })).toContain(
      'IA5STRING         :a@example.jp',
    );
  });
});

describe('§4.1.2.5 validity', () => {
  it('is UTCTime through 2049 and GeneralizedTime from 2050', async () => {
    const lastUtcTime = 2_524_607_999;
    const base = support.rootTbs(chain.rootKey);
    const long = await signed(
      encodeTbsCertificate({ ...base, notBefore: lastUtcTime, notAfter: lastUtcTime + 1 }),
      chain.rootKey,
    );
    const parsed = openssl(['asn1parse', '-inform', 'DER', '-in', 'c'], { c: long });
    expect(parsed).toContain('UTCTIME           :491231235959Z');
    expect(parsed).toContain('GENERALIZEDTIME   :20500101000000Z');
    expect(readCertificate(long).notAfter).toBe(lastUtcTime + 1);
  });
});

describe('§4.2.1 extensions', () => {
  it('are what OpenSSL prints', () => {
    const colons = (hex: string): string => hex.toUpperCase().replace(/..(?=.)/g, '$&:');
    const expected = [
      `X509v3 Authority Key Identifier: \n                ${colons(toHex(keyIdentifier(chain.rootKey.publicKey)))}`,
      `X509v3 Subject Key Identifier: \n                ${colons(toHex(keyIdentifier(chain.spki)))}`,
      'X509v3 Basic Constraints: critical\n                CA:FALSE',
      'X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation, Key Agreement',
      'X509v3 Extended Key Usage: \n                TLS Web Client Authentication, E-mail Protection',
      'X509v3 Subject Alternative Name: \n                email:otaishi-akira@example.jp',
      'Policy: 1.2.392.200063.30.5300\n                  CPS: https://example.jp/cps',
      'OCSP - URI:http://o.example.jp/\n                CA Issuers - URI:http://c.example.jp/ca/root.cer',
      'Full Name:\n                  URI:http://c.example.jp/crl/0.crl',
    ];
    for (const lines of expected) expect(text).toContain(lines);
  });
});

describe('§4.2.1.2 subjectKeyIdentifier', () => {
  it('is the one that OpenSSL computes by method 1', () => {
    const own = toHex(keyIdentifier(chain.spki)).toUpperCase();
    const pem = encodePem('PUBLIC KEY', chain.spki);
    const bits = openssl(['pkey', '-pubin', '-in', 'k', '-noout', '-text_pub'], { k: pem });
    const point = bits.replace(/[\s\S]*pub:|ASN1 OID[\s\S]*|[\s:]/g, '');
    const digest = openssl(['dgst', '-sha1', '-r', 'p'], { p: Buffer.from(point, 'hex') });
    expect(digest.slice(0, 40).toUpperCase()).toBe(own);
  });
});
