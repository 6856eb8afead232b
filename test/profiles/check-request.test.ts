import { describe, expect, it } from 'vitest';
import { checkCertificationRequest } from '../../ca-core/profiles/check-request.ts';
import { blocklistLineOf } from '../../ca-core/profiles/known-keys.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { rsaModulus } from '../../ca-core/x509/public-key.ts';
import { openssl, opensslBytes } from '../support/openssl.ts';
import { demoClaim, profileOf } from '../support/demo-case.ts';
import { refusalOf } from '../support/refusal.ts';

const ecKey = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
const rsaKey = openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048']);

/** A request as a standard client makes it, asking for these extensions. */
const request = (asked: readonly string[], key = ecKey): Buffer =>
  opensslBytes(
    ['req', '-new', '-key', 'k', '-subj', '/CN=whoever', '-outform', 'DER', ...asked.flatMap(one => ['-addext', one])],
    { k: key },
  );

const mailbox = demoClaim.mailbox;

function answerTo(asked: readonly string[], profile = 'jcan-classic', key = ecKey): string {
  const ground = { profile: profileOf(profile), mailbox, policies: { weakKeys: new Set<string>() } };
  const read = readCertificationRequest(request(asked, key));
  const refusal = refusalOf(() => checkCertificationRequest(read, ground));
  return refusal === undefined ? 'accepted' : refusal.message;
}

describe('a request for a certificate', () => {
  it.each<[string, string[]]>([
    ['nothing', []],
    ['what it would be anyway', ['basicConstraints=critical,CA:FALSE']],
    ['the usages of the profile', ['keyUsage=critical,digitalSignature,nonRepudiation,keyAgreement']],
    ['one of them', ['keyUsage=digitalSignature', 'extendedKeyUsage=clientAuth']],
    ['both purposes', ['extendedKeyUsage=clientAuth,emailProtection']],
    ['the mailbox of the claim', [`subjectAltName=email:${mailbox.replace('.example', '.EXAMPLE')}`]],
    ['its own key identifier', ['subjectKeyIdentifier=hash']],
  ])('may ask for %s', (_, asked) => expect(answerTo(asked)).toBe('accepted'));

  it.each<[string, string, string]>([
    ['basicConstraints=CA:TRUE', 'basicConstraints', 'CA:TRUE'],
    ['keyUsage=digitalSignature,keyCertSign', 'keyUsage', 'keyCertSign'],
    ['keyUsage=keyEncipherment', 'keyUsage', 'keyEncipherment'],
    ['extendedKeyUsage=clientAuth,serverAuth', 'extendedKeyUsage', 'serverAuth'],
    ['extendedKeyUsage=OCSPSigning', 'extendedKeyUsage', 'OCSPSigning'],
    ['extendedKeyUsage=anyExtendedKeyUsage', 'extendedKeyUsage', 'anyExtendedKeyUsage'],
    ['extendedKeyUsage=1.2.3.4', 'extendedKeyUsage', '1.2.3.4'],
    ['subjectAltName=email:other@kakuu-kakuin.example', 'subjectAltName', 'other@kakuu-kakuin.example'],
    [`subjectAltName=email:${mailbox},email:b@c.example`, 'subjectAltName', 'b@c.example'],
    ['subjectAltName=DNS:kakuu-kakuin.example', 'subjectAltName', 'a name of another kind'],
    ['subjectAltName=IP:192.0.2.1', 'subjectAltName', 'a name of another kind'],
    ['subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b', 'subjectAltName', 'a name of another kind'],
    ['certificatePolicies=1.2.3.4', 'certificatePolicies', '2.5.29.32'],
    ['1.2.3.4=DER:0500', '1.2.3.4', '1.2.3.4'],
    ['noCheck=ignored', 'ocspNocheck', '1.3.6.1.5.5.7.48.1.5'],
  ])('may not ask for %s', (asked, extension, what) =>
    expect(answerTo([asked])).toBe(`csrExtensionRefused (extension: ${extension}; asked: ${what})`),
  );

  it('may ask for less where the profile gives less', () => {
    const without = 'jcan-classic-without-mailbox';
    expect(answerTo(['extendedKeyUsage=clientAuth'], without)).toBe('accepted');
    expect(answerTo(['extendedKeyUsage=emailProtection'], without)).toContain('asked: emailProtection');
    expect(answerTo([`subjectAltName=email:${mailbox}`], without)).toContain('asked: a name');
    expect(answerTo(['keyUsage=keyEncipherment'], 'jcan-classic', rsaKey)).toBe('accepted');
    expect(answerTo(['keyUsage=keyAgreement'], 'jcan-classic', rsaKey)).toContain('asked: keyAgreement');
  });

  it('is refused as malformed with an extension twice, or one that nobody can read', () => {
    expect(answerTo(['keyUsage=DER:0500'])).toBe('csrMalformed (reason: keyUsage)');
    const twice = readable(() => readCertificationRequest(Buffer.concat([request([]), Buffer.of(0)])));
    expect(twice).toBe('csrMalformed');
  });

  it('is refused for a key on the operator’s list, in the form of openssl-blacklist', () => {
    const read = readCertificationRequest(request([], rsaKey));
    const line = openssl(['rsa', '-noout', '-modulus', '-in', 'k'], { k: rsaKey });
    const sum = openssl(['dgst', '-sha1', '-r', 'm'], { m: line }).slice(20, 40);
    expect(blocklistLineOf(rsaModulus(read.subjectPublicKeyInfo) ?? 0n)).toBe(sum);
    const ground = { profile: profileOf('jcan-classic'), mailbox };
    const refusal = refusalOf(() =>
      checkCertificationRequest(read, { ...ground, policies: { weakKeys: new Set([sum]) } }),
    );
    expect(refusal?.message).toBe('keyUnacceptable (reason: blocklisted)');
    const ecRequest = readCertificationRequest(request([]));
    expect(checkCertificationRequest(ecRequest, { ...ground, policies: { weakKeys: new Set([sum]) } })).toBe('p-256');
  });
});

const readable = (read: () => unknown): string | undefined => refusalOf(read)?.code;
