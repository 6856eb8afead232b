import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  concat,
  equalBytes,
  explicit,
  namedBits,
  integer,
  octetString,
  oid,
  sequence,
  set,
  time,
} from '../../ca-core/x509/der.ts';
import { boolean, printableString, utf8String, type Der } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { encodeTbsCertificate, type TbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { certificateExtensions } from '../../ca-core/profiles/extensions-of.ts';
import { lintTbsCertificate } from '../../ca-core/profiles/lint.ts';
import type { CertificateProfile } from '../../ca-core/profiles/profile.ts';
import { fixedSubjectOf, subjectOf } from '../../ca-core/profiles/subject.ts';
import { demoClaim, demoNumber, now, policies, profileOf, registerOf } from '../support/demo-case.ts';

const spkiOf = (kind: 'ec' | 'rsa', size: number | string): Der => {
  const { publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: String(size) })
      : generateKeyPairSync('rsa', { modulusLength: Number(size) });
  return concat(publicKey.export({ format: 'der', type: 'spki' }));
};

const keys = { ec: spkiOf('ec', 'P-256'), rsa: spkiOf('rsa', 2048) };
const issuerName = fixedSubjectOf(profileOf('issuing-ca'));
const issuer = { subject: issuerName, keyIdentifier: keyIdentifier(spkiOf('ec', 'P-384')) };
const urls = {
  ocsp: 'http://localhost:8081/',
  caIssuers: 'http://localhost:8082/ca/issuing.cer',
  crl: 'http://localhost:8082/crl/issuing/0.crl',
};
const jcan = profileOf('jcan-classic');

function good(profile: CertificateProfile, key: Der = keys.ec): TbsCertificate {
  const names = subjectOf(profile, { claim: demoClaim, register: registerOf(demoNumber) }, policies);
  if (!('subject' in names)) throw new Error(JSON.stringify(names));
  const input = { subjectPublicKeyInfo: key, issuerKeyIdentifier: issuer.keyIdentifier, urls };
  return {
    serialNumber: '4f1e2d3c4b5a69788796a5b4c3d2e1f0',
    signatureAlgorithm: 'ecdsa-with-SHA384',
    issuer: issuerName,
    subject: names.subject,
    notBefore: now,
    notAfter: now + profile.validityDays * 86_400 - 1,
    subjectPublicKeyInfo: key,
    extensions: certificateExtensions(profile, { ...input, subjectAltName: names.subjectAltName }),
  };
}

const lint = (tbs: Der, profile = jcan, ground = { issuer, now, urls }): string[] =>
  Array.from(new Set(lintTbsCertificate(tbs, profile, ground).map(({ rule, field }) => `${rule} ${field}`)));

const spoiled = (change: Partial<TbsCertificate>, key = keys.ec): string[] =>
  lint(encodeTbsCertificate({ ...good(jcan, key), ...change }));

/** The good extensions with those of one id replaced, or left out. */
const withExtension = (id: string, ...instead: readonly Der[]): Partial<TbsCertificate> => {
  const identifier = oid(id);
  const isOther = (extension: Der): boolean => {
    const from = (extension[1] ?? 0) < 0x80 ? 2 : 3;
    return !equalBytes(extension.subarray(from, from + identifier.length), identifier);
  };
  const { extensions: all } = good(jcan);
  expect(all.filter(isOther)).toHaveLength(all.length - 1);
  return { extensions: [...all.filter(isOther), ...instead] };
};

const attribute = (id: string, value: Der): Der => sequence(oid(id), value);
const goodName = [
  attribute(oids.countryName, printableString('JP')),
  attribute(oids.stateOrProvinceName, utf8String('Tokyo')),
  attribute(oids.localityName, utf8String('Chiyoda')),
  attribute(oids.organizationName, utf8String('Kakuu Kakuin K.K.')),
  attribute(oids.organizationalUnitName, utf8String('1.2.392.200063.80.1.1')),
  attribute(oids.organizationalUnitName, utf8String('OU2-https://robins.jipdec.or.jp/Key.do?9999000000000001&J=1')),
  attribute(oids.commonName, utf8String('BN-Kakuno Hanako')),
];
const nameWith = (at: number, ...instead: readonly Der[]): Der =>
  sequence(...goodName.flatMap((each, index) => (index === at ? instead.map(other => set(other)) : [set(each)])));

describe('what the profiles make', () => {
  it.each([
    ['jcan-classic', keys.ec],
    ['jcan-classic', keys.rsa],
    ['organisation-person', keys.ec],
    ['organisation-person', keys.rsa],
  ])('%s passes', (name, key) => {
    expect(lint(encodeTbsCertificate(good(profileOf(name), key)), profileOf(name))).toEqual([]);
  });

  it.each(['ocsp-signer', 'issuing-ca', 'root-ca'])('%s passes', name => {
    const profile = profileOf(name);
    const subject = fixedSubjectOf(profile);
    const isRoot = profile.kind === 'rootCa';
    const root = { subject: fixedSubjectOf(profileOf('root-ca')), keyIdentifier: issuer.keyIdentifier };
    const above = name === 'ocsp-signer' ? issuer : root;
    const input = {
      subjectPublicKeyInfo: keys.ec,
      issuerKeyIdentifier: above.keyIdentifier,
      subjectAltName: null,
      urls,
    };
    const tbs = encodeTbsCertificate({
      ...good(jcan),
      issuer: isRoot ? subject : above.subject,
      subject,
      notAfter: now + profile.validityDays * 86_400 - 1,
      extensions: certificateExtensions(profile, input),
    });
    expect(lint(tbs, profile, { issuer: above, now, urls })).toEqual([]);
    expect(lint(tbs)).not.toEqual([]);
  });

  it('reads like OpenSSL where values need escaping', () => {
    const claim = { ...demoClaim, mailbox: "o'kaku+x@kakuu-kakuin.example" };
    const { nta, robins } = registerOf(demoNumber);
    const register = { nta, robins: robins && { ...robins, nameEn: 'Kakuu, Kakuin + Kaku Co., Ltd.' } };
    const names = subjectOf(jcan, { claim, register }, policies);
    if (!('subject' in names)) throw new Error(JSON.stringify(names));
    const san = names.subjectAltName ?? concat();
    const change = { ...withExtension(oids.subjectAltName, extensions.subjectAltName(san)), subject: names.subject };
    expect(spoiled(change)).toEqual([]);
  });
});

describe('one thing spoiled', () => {
  const keyUsage = (...usages: extensions.KeyUsage[]): Partial<TbsCertificate> =>
    withExtension(oids.keyUsage, extensions.keyUsage(usages));
  const year = 365 * 86_400;

  it.each<[string, Partial<TbsCertificate>, string[]]>([
    ['a short serial number', { serialNumber: '7fffffffffffffff' }, ['serialNumberShort serialNumber']],
    ['a second too long', { notAfter: now + 730 * 86_400 }, ['validityTooLong validity']],
    ['no validity', { notAfter: now }, ['validityEmpty validity', 'expired validity']],
    ['backdated', { notBefore: now - 3 * 86_400, notAfter: now + year }, ['backdated validity']],
    ['postdated', { notBefore: now + 86_400, notAfter: now + year }, ['postdated validity']],
    ['another issuer', { issuer: fixedSubjectOf(profileOf('root-ca')) }, ['issuerDiffers issuer']],
    ['an issuer of other octets', { issuer: nameWith(0) }, ['issuerDiffers issuer']],
    ['a subject too short', { subject: nameWith(5) }, ['subjectLength subject']],
    ['a subject with more', { subject: nameWith(6, ...goodName.slice(4)) }, ['subjectLength subject']],
    [
      'a subject in another order',
      { subject: nameWith(2, attribute(oids.organizationName, utf8String('Chiyoda'))) },
      ['subjectOrder subject.2.L'],
    ],
    [
      'another string type',
      {
        subject: nameWith(
          5,
          attribute(oids.organizationalUnitName, printableString('OU2-https://robins.jipdec.or.jp/')),
        ),
      },
      ['stringType subject.5.OU'],
    ],
    [
      'another fixed value',
      { subject: nameWith(4, attribute(oids.organizationalUnitName, utf8String('1.2.3'))) },
      ['nameCharacters subject.4.OU'],
    ],
    [
      'no prefix',
      { subject: nameWith(6, attribute(oids.commonName, utf8String('Kakuno Hanako'))) },
      ['nameCharacters subject.6.CN'],
    ],
    [
      'kanji',
      { subject: nameWith(6, attribute(oids.commonName, utf8String('BN-角野'))) },
      ['nameCharacters subject.6.CN'],
    ],
    [
      'a name over its bound',
      { subject: nameWith(6, attribute(oids.commonName, utf8String(`BN-${'A'.repeat(62)}`))) },
      ['nameTooLong subject.6.CN'],
    ],
    [
      'no key identifier of the issuer',
      withExtension(oids.authorityKeyIdentifier),
      ['extensionMissing authorityKeyIdentifier'],
    ],
    [
      'a key identifier of another issuer',
      withExtension(oids.authorityKeyIdentifier, extensions.authorityKeyIdentifier(new Uint8Array(20))),
      ['extensionValue authorityKeyIdentifier'],
    ],
    [
      'a key identifier of another key',
      withExtension(oids.subjectKeyIdentifier, extensions.subjectKeyIdentifier(new Uint8Array(20))),
      ['extensionValue subjectKeyIdentifier'],
    ],
    [
      'keyEncipherment on an EC key',
      keyUsage('digitalSignature', 'nonRepudiation', 'keyEncipherment'),
      ['extensionValue keyUsage'],
    ],
    [
      'a usage too many',
      keyUsage('digitalSignature', 'nonRepudiation', 'keyAgreement', 'cRLSign'),
      ['extensionValue keyUsage'],
    ],
    ['a usage too few', keyUsage('digitalSignature', 'keyAgreement'), ['extensionValue keyUsage']],
    [
      'keyUsage that is not critical',
      withExtension(oids.keyUsage, extensions.extension(oids.keyUsage, 'nonCritical', namedBits([0, 1, 4]))),
      ['extensionCriticality keyUsage'],
    ],
    [
      'a purpose too many',
      withExtension(
        oids.extendedKeyUsage,
        extensions.extendedKeyUsage([oids.clientAuth, oids.emailProtection, oids.serverAuth]),
      ),
      ['extensionValue extendedKeyUsage'],
    ],
    [
      'another policy',
      withExtension(oids.certificatePolicies, extensions.certificatePolicies([{ oid: '2.5.29.32.0' }])),
      ['extensionValue certificatePolicies'],
    ],
    ['no policy', withExtension(oids.certificatePolicies), ['extensionMissing certificatePolicies']],
    [
      'two mailboxes',
      withExtension(
        oids.subjectAltName,
        extensions.subjectAltName(encodeGeneralNames({ rfc822Names: ['a@b.example', 'c@d.example'] })),
      ),
      ['extensionValue subjectAltName'],
    ],
    ['no mailbox', withExtension(oids.subjectAltName), ['extensionMissing subjectAltName']],
    [
      'a CRL elsewhere',
      withExtension(oids.cRLDistributionPoints, extensions.crlDistributionPoints(['http://elsewhere.example/0.crl'])),
      ['extensionValue cRLDistributionPoints'],
    ],
    [
      'a responder elsewhere',
      withExtension(
        oids.authorityInfoAccess,
        extensions.authorityInfoAccess({ ...urls, ocsp: 'http://elsewhere.example/' }),
      ),
      ['extensionValue authorityInfoAccess'],
    ],
    [
      'no OCSP',
      withExtension(oids.authorityInfoAccess, extensions.authorityInfoAccess({ caIssuers: urls.caIssuers })),
      ['extensionValue authorityInfoAccess'],
    ],
    [
      'a CA',
      { extensions: [...good(jcan).extensions, extensions.caBasicConstraints()] },
      ['extensionUnexpected extensions', 'secondReaderDiffers basicConstraints'],
    ],
    [
      'an extension that nobody asked for',
      { extensions: [...good(jcan).extensions, extensions.ocspNocheck()] },
      ['extensionUnexpected extensions'],
    ],
    [
      'an extension twice',
      { extensions: [...good(jcan).extensions, ...good(jcan).extensions.slice(0, 1)] },
      ['derMalformed tbsCertificate'],
    ],
  ])('%s', (_, change, expected) => {
    const found = spoiled(change);
    for (const violation of expected) expect(found).toContain(violation);
    if (!expected.some(violation => violation.startsWith('derMalformed'))) {
      expect(found.filter(violation => !violation.startsWith('secondReaderDiffers'))).toEqual(
        expected.filter(violation => !violation.startsWith('secondReaderDiffers')),
      );
    }
  });

  it.each<[string, Der, string]>([
    ['RSA-1024', spkiOf('rsa', 1024), 'keyUnacceptable subjectPublicKeyInfo'],
    ['P-224', spkiOf('ec', 'secp224r1'), 'keyUnacceptable subjectPublicKeyInfo'],
    ['secp256k1', spkiOf('ec', 'secp256k1'), 'keyUnacceptable subjectPublicKeyInfo'],
  ])('a key of %s', (_, key, expected) => expect(spoiled({ subjectPublicKeyInfo: key })).toContain(expected));

  it('a key that the profile does not name', () => {
    const profile = { ...jcan, keys: ['p-384'] as CertificateProfile['keys'] };
    expect(lint(encodeTbsCertificate(good(jcan)), profile)).toEqual(['keyNotInProfile subjectPublicKeyInfo']);
  });

  it('an address that is not plain HTTP, where none is expected', () => {
    const change = withExtension(oids.cRLDistributionPoints, extensions.crlDistributionPoints(['ldap://x.example/']));
    const tbs = encodeTbsCertificate({ ...good(jcan), ...change });
    const violations = lintTbsCertificate(tbs, jcan, { issuer, now });
    expect(violations).toEqual([{ rule: 'extensionValue', field: 'cRLDistributionPoints' }]);
  });
});

describe('octets', () => {
  const whole = encodeTbsCertificate(good(jcan));

  it.each<[string, Der]>([
    ['nothing', concat()],
    ['trailing octets', concat(whole, Uint8Array.of(0))],
    ['a cut end', concat(whole.subarray(0, -1))],
    ['version 1', sequence(integer(1), sequence(time(now), time(now + 1)))],
    [
      'FALSE written out',
      sequence(explicit(3, sequence(sequence(oid(oids.keyUsage), boolean(false), octetString(concat()))))),
    ],
  ])('that are no TBSCertificate: %s', (_, tbs) => expect(lint(tbs)).toEqual(['derMalformed tbsCertificate']));

  it('changed anywhere outside serial number, key, names and times by one bit never pass', () => {
    const survivors: number[] = [];
    const spki = Buffer.from(whole).indexOf(Buffer.from(keys.ec));
    const isFree = (at: number): boolean => (at >= spki && at < spki + keys.ec.length) || at < spki;
    for (let at = 0; at < whole.length; at++) {
      const changed = new Uint8Array(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      if (lint(changed).length === 0 && !isFree(at)) survivors.push(at);
    }
    // What is left is the mailbox's own text: another mailbox is a good certificate for somebody else.
    const mailbox = Buffer.from(whole).indexOf(demoClaim.mailbox);
    for (const at of survivors) expect(at >= mailbox && at < mailbox + demoClaim.mailbox.length).toBe(true);
  });
});

describe('extensions', () => {
  it('need what the profile demands', () => {
    const input = { subjectPublicKeyInfo: keys.ec, issuerKeyIdentifier: issuer.keyIdentifier, urls };
    expect(() => certificateExtensions(jcan, { ...input, subjectAltName: null })).toThrow('fieldMissing');
    const san = encodeGeneralNames({ rfc822Names: ['a@b.example'] });
    expect(() => certificateExtensions(jcan, { ...input, subjectAltName: san, urls: {} })).toThrow('settingsInvalid');
  });
});
