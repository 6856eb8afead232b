/** What the CA core issues, read by OpenSSL. */
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseDocument } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { requestSigner } from '../support/by-hand.ts';
import { checkPki } from '../support/check-pki.ts';
import { evidenceOf } from '../support/demo-case.ts';
import { openssl } from '../support/openssl.ts';

let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa();
  core = await platform.open();
});
afterAll(async () => {
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
});

const chain = () => ({
  'root.pem': encodePem('CERTIFICATE', platform.outcome.root),
  'issuing.pem': encodePem('CERTIFICATE', platform.outcome.issuing),
});
const textOf = (der: Uint8Array, ...options: string[]): string =>
  openssl(['x509', '-inform', 'DER', '-in', 'c', '-noout', '-text', ...options], { c: der });

/** The lines of an extension's value in OpenSSL's text, one space between words. */
function extension(text: string, name: string): string {
  const [, after = ''] = text.split(`X509v3 ${name}:`);
  const lines = after.split('\n');
  const until = lines.findIndex((line, at) => at > 0 && !line.startsWith(' '.repeat(16)));
  return lines.slice(0, until).join(' ').replace(/\s+/g, ' ').trim();
}

async function issue(change: Partial<CaseDocument>, profile?: string): Promise<Uint8Array> {
  const document = platform.aCase(change, profile);
  await platform.approve(document);
  await settle(core);
  const row = await platform.store.certificates.ofCase(document.caseId);
  if (row === undefined) throw new Error(JSON.stringify(await platform.store.orders.ofCase(document.caseId)));
  return row.certificate;
}

const verify = (der: Uint8Array, ...options: string[]): string => {
  const files = { ...chain(), 'c.pem': encodePem('CERTIFICATE', der) };
  return openssl(['verify', '-x509_strict', '-CAfile', 'root.pem', ...options, 'c.pem'], files);
};

describe('the root CA certificate', () => {
  it('verifies strictly under itself and says what a root is', () => {
    const { root } = platform.outcome;
    const text = textOf(root);
    expect(verify(root)).toContain('c.pem: OK');
    expect(text).toContain('Version: 3 (0x2)');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA384');
    expect(extension(text, 'Basic Constraints')).toBe('critical CA:TRUE');
    // digitalSignature, since the root signs the answers about its own certificates (RFC 6960 §4.2.2.2).
    expect(extension(text, 'Key Usage')).toBe('critical Digital Signature, Certificate Sign, CRL Sign');
    expect(extension(text, 'Subject Key Identifier')).toMatch(/^([0-9A-F]{2}:?){20}$/);
    expect(new X509Certificate(root).subject).toBe(new X509Certificate(root).issuer);
  });
});

describe('the issuing CA certificate', () => {
  it('verifies strictly under the root and may sign no CA', () => {
    const { issuing, root } = platform.outcome;
    const text = textOf(issuing);
    expect(verify(issuing)).toContain('c.pem: OK');
    expect(extension(text, 'Basic Constraints')).toBe('critical CA:TRUE, pathlen:0');
    expect(extension(text, 'Key Usage')).toBe('critical Certificate Sign, CRL Sign');
    expect(extension(text, 'Authority Key Identifier')).toBe(extension(textOf(root), 'Subject Key Identifier'));
    expect(extension(text, 'Certificate Policies')).toBe('Policy: X509v3 Any Policy');
    expect(extension(text, 'CRL Distribution Points')).toContain('URI:http://localhost:8082/crl/root.crl');
    expect(text).toContain('CA Issuers - URI:http://localhost:8082/ca/root.cer');
    expect(text).not.toContain('OCSP - URI');
  });
});

describe('a jcan-classic certificate', () => {
  let der: Uint8Array;
  let text: string;
  beforeAll(async () => {
    der = await issue({ subjectKey: aRequestedKey() });
    text = textOf(der);
  });

  it('verifies strictly, for a client and for mail, and against the CRL', async () => {
    const issuing = ['-untrusted', 'issuing.pem'];
    expect(verify(der, ...issuing)).toContain('c.pem: OK');
    expect(verify(der, ...issuing, '-purpose', 'sslclient')).toContain('c.pem: OK');
    expect(verify(der, ...issuing, '-purpose', 'smimesign')).toContain('c.pem: OK');
    expect(verify(der, ...issuing, '-policy', '1.2.392.200063.30.5300', '-explicit_policy')).toContain('c.pem: OK');
    const crl = await platform.store.crls.newest(platform.ca);
    const files = {
      ...chain(),
      'c.pem': encodePem('CERTIFICATE', der),
      'crl.pem': encodePem('X509 CRL', crl?.crl ?? der),
    };
    const options = ['-crl_check', '-CRLfile', 'crl.pem', '-untrusted', 'issuing.pem'];
    expect(openssl(['verify', '-x509_strict', '-CAfile', 'root.pem', ...options, 'c.pem'], files)).toContain('OK');
  });

  it('has its subject in the order of JCAN, each attribute its own RDN', () => {
    const subject = openssl(['x509', '-inform', 'DER', '-in', 'c', '-noout', '-subject', '-nameopt', 'sep_multiline'], {
      c: der,
    });
    expect(subject.split('\n').slice(1, -1)).toEqual([
      '    C=JP',
      '    ST=Tokyo',
      '    L=Chiyoda',
      '    O=Kakuu Kakuin K.K.',
      '    OU=1.2.392.200063.80.1.1',
      '    OU=OU2-https://robins.jipdec.or.jp/Key.do?9999000000000001&J=1',
      '    CN=BN-Kakuno Hanako',
    ]);
  });

  it('has the URL as UTF8String and the country as PrintableString', () => {
    const parsed = openssl(['asn1parse', '-inform', 'DER', '-in', 'c'], { c: der });
    expect(parsed).toMatch(/UTF8STRING +:OU2-https:\/\/robins\.jipdec\.or\.jp\/Key\.do\?9999000000000001&J=1/);
    expect(parsed).toMatch(/PRINTABLESTRING +:JP/);
  });

  it('names policy, CPS, mailbox, uses and addresses', () => {
    expect(extension(text, 'Certificate Policies')).toMatch(/^Policy: 1\.2\.392\.200063\.30\.5300 CPS: https:\/\/\S+$/);
    expect(extension(text, 'Subject Alternative Name')).toBe('email:hanako.kakuno@kakuu-kakuin.example');
    expect(extension(text, 'Extended Key Usage')).toBe('TLS Web Client Authentication, E-mail Protection');
    expect(extension(text, 'CRL Distribution Points')).toContain('URI:http://localhost:8082/crl/issuing/0.crl');
    expect(text).toContain('OCSP - URI:http://localhost:8081/');
    expect(text).toContain('CA Issuers - URI:http://localhost:8082/ca/issuing.cer');
    const issuing = textOf(platform.outcome.issuing);
    expect(extension(text, 'Authority Key Identifier')).toBe(extension(issuing, 'Subject Key Identifier'));
    expect(extension(text, 'Subject Key Identifier')).toMatch(/^([0-9A-F]{2}:?){20}$/);
    expect(text).not.toContain('CA:TRUE');
  });

  it('has a random, positive serial number of at most 20 octets', async () => {
    const serials = [der, await issue({ subjectKey: aRequestedKey() })].map(one => readCertificate(one).serialNumber);
    expect(new Set(serials).size).toBe(2);
    for (const serial of serials) {
      expect(serial.length).toBeGreaterThanOrEqual(16);
      expect(serial.length).toBeLessThanOrEqual(40);
      expect(parseInt(serial.slice(0, 2), 16)).toBeLessThan(0x80);
    }
  });

  it('lasts at most 825 days, both ends counted', () => {
    const { notBefore, notAfter } = readCertificate(der);
    const profile = platform.policies.profiles.get('jcan-classic');
    expect(notAfter - notBefore + 1).toBe((profile?.validityDays ?? 0) * 86_400);
    expect(notAfter - notBefore + 1).toBeLessThanOrEqual(825 * 86_400);
    expect(
      openssl(['x509', '-inform', 'DER', '-in', 'c', '-noout', '-enddate', '-dateopt', 'iso_8601'], { c: der }),
    ).toBe(`notAfter=${new Date(notAfter * 1000).toISOString().replace('T', ' ').replace('.000', '')}\n`);
  });

  it.each<[string, readonly string[], string]>([
    [
      'keyAgreement, not keyEncipherment, for P-256',
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      'Digital Signature, Non Repudiation, Key Agreement',
    ],
    [
      'keyAgreement, not keyEncipherment, for P-384',
      ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
      'Digital Signature, Non Repudiation, Key Agreement',
    ],
    ['keyEncipherment for RSA', ['rsa:2048'], 'Digital Signature, Non Repudiation, Key Encipherment'],
  ])('has critical key usage: %s', async (_, key, usage) => {
    const certificate = textOf(await issue({ subjectKey: aRequestedKey(key) }));
    expect(extension(certificate, 'Key Usage')).toBe(`critical ${usage}`);
  });

  it.each<[string, readonly string[]]>([
    ['RSA of 1024 bits', ['rsa:1024']],
    ['a curve below P-256', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime192v1']],
    ['a curve that is not NIST', ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']],
  ])('is not issued for %s', (_, key) => {
    expect(() => aRequestedKey(key)).toThrow('keyUnacceptable');
  });
});

describe('an organisation-person certificate', () => {
  it('names the organisation by its number in the NTR scheme', async () => {
    const domain = evidenceOf('mail-domain', { method: 'domain-proof', number: 'kakuu-kakuin.example' });
    const { evidence } = platform.aCase();
    const seen = { ...domain, seenAt: platform.clock.now() - 60 };
    const der = await issue({ subjectKey: aRequestedKey(), evidence: [...evidence, seen] }, 'organisation-person');
    const subject = openssl(
      ['x509', '-inform', 'DER', '-in', 'c', '-noout', '-subject', '-nameopt', 'sep_multiline,utf8'],
      { c: der },
    );
    const lines = subject.split('\n').slice(1, -1);
    expect(lines.map(line => line.trim().split('=')[0])).toEqual([
      'C',
      'O',
      'organizationIdentifier',
      'GN',
      'SN',
      'CN',
    ]);
    expect(subject).toContain('organizationIdentifier=NTRJP-7999901000001');
    expect(subject).toContain('CN=Kakuno Hanako');
    expect(textOf(der)).not.toContain('200063');
    expect(verify(der, '-untrusted', 'issuing.pem')).toContain('c.pem: OK');
  });
});

describe("a responder's certificate", () => {
  it('may sign OCSP and nothing else, needs no status of its own, and is short', async () => {
    const { spki, privateKey } = platform.responder;
    const id = await requestSigner(platform, { publicKey: spki, previous: spki, signedBy: privateKey });
    await settle(core);
    const der = (await platform.store.signers.find(id))?.certificate ?? new Uint8Array();
    const text = textOf(der);
    expect(verify(der, '-untrusted', 'issuing.pem', '-purpose', 'ocsphelper')).toContain('c.pem: OK');
    expect(extension(text, 'Extended Key Usage')).toContain('OCSP Signing');
    expect(extension(text, 'Key Usage')).toBe('critical Digital Signature');
    expect(text).toContain('OCSP No Check');
    const { notBefore, notAfter } = readCertificate(der);
    expect(notAfter - notBefore + 1).toBeLessThanOrEqual(7 * 86_400);
  });
});
