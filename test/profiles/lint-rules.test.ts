/** The rules of the lint: each refuses, alone, the one certificate that breaks it, and none is without its certificate. */
import { describe, expect, it } from 'vitest';
import { certificateRules, lintReading, lintTbsCertificate } from '../../ca-core/profiles/lint.ts';
import { readForLint } from '../../ca-core/profiles/lint/reading.ts';
import { bitString, boolean, concat, contextPrimitive, explicit, generalizedTime } from '../../ca-core/x509/der.ts';
import { ia5String, integer, namedBits, octetString, oid, printableString, sequence } from '../../ca-core/x509/der.ts';
import { set, time, utf8String, type Der } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodeTbsCertificate, type TbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { now, profileOf } from '../support/demo-case.ts';
import { attribute, good, goodName, ground, issuer, jcan, keys, madeWith } from '../support/lint-ground.ts';
import { nameWith, spkiOf, urls, withExtension } from '../support/lint-ground.ts';
import { anyOf, fromParts, keyUsageOf, madeWrong, mailCertificate, named, person } from './support/spoiled.ts';
import { spoilt, spoiltExtension, underRoot, type Spoiled } from './support/spoiled.ts';

const day = 86_400;
const signer = profileOf('ocsp-signer');
const issuingCa = profileOf('issuing-ca');
const elsewhere = { ...ground, urls: { ...urls, crl: 'ldap://x.example/' } };
const badIssuer = sequence(set(attribute(oids.commonName, concat(Uint8Array.of(0x0c, 0x02, 0xc3, 0x28)))));

/** For each rule, what it alone refuses. */
const cases: Readonly<Record<string, () => Spoiled>> = {
  der: () => ({ tbs: concat(madeWith({}), Uint8Array.of(0)) }),
  version: () => fromParts({ version: explicit(0, integer(1)) }),
  serialNumber: () => fromParts({ serial: integer(-5) }),
  signatureAlgorithm: () => fromParts({ algorithm: sequence(oid('1.2.840.113549.1.1.5')) }),
  timeForm: () => fromParts({ validity: sequence(time(now), generalizedTime(now + day)) }),
  defaultEncoded: () =>
    fromParts({
      extensions: explicit(3, sequence(sequence(oid(oids.keyUsage), boolean(false), octetString(concat())))),
    }),
  extensionTwice: () => spoilt({ extensions: [...good(jcan).extensions, ...good(jcan).extensions.slice(0, 1)] }),
  extensionsEmpty: () => fromParts({ extensions: explicit(3, sequence()) }),

  serialNumberShort: () => spoilt({ serialNumber: '7fffffffffffffff' }),
  validityEmpty: () => ({ tbs: madeWith({ notBefore: now + 60, notAfter: now + 60 }) }),
  validityTooLong: () => spoilt({ notAfter: now + 730 * day }),
  subscriberValidity: () => madeWrong({ validityDays: 826 }),
  backdated: () => spoilt({ notBefore: now - 3 * day, notAfter: now + day }),
  postdated: () => spoilt({ notBefore: now + day, notAfter: now + 2 * day }),
  expired: () => spoilt({ notBefore: now - 100, notAfter: now - 50 }),
  issuerDiffers: () => spoilt({ issuer: good(profileOf('root-ca')).subject }),
  issuerEmpty: () => {
    const at = { ...ground, issuer: { ...issuer, subject: sequence() } };
    return { tbs: encodeTbsCertificate(good(jcan, keys.ec, at)), at };
  },
  selfIssued: () => {
    const profile = { ...jcan, subject: issuingCa.subject };
    return { tbs: madeWith({ subject: issuer.subject }), profile };
  },

  subjectEmpty: () => madeWrong({ subject: [] }),
  subjectLength: () => spoilt({ subject: nameWith(5) }),
  relativeDistinguishedName: () =>
    spoilt({
      subject: sequence(
        ...goodName.slice(0, 6).map(each => set(each)),
        set(...goodName.slice(6), attribute(oids.title, utf8String('x'.repeat(40)))),
      ),
    }),
  subjectOrder: () => spoilt({ subject: nameWith(2, attribute(oids.organizationName, utf8String('Chiyoda'))) }),
  stringType: () => spoilt({ subject: nameWith(6, attribute(oids.commonName, printableString('BN-Kakuno Hanako'))) }),
  nameTooLong: () => spoilt({ subject: nameWith(6, attribute(oids.commonName, utf8String(`BN-${'A'.repeat(62)}`))) }),
  nameCharacters: () => spoilt({ subject: nameWith(6, attribute(oids.commonName, utf8String('BN-角野'))) }),
  nameInvisible: () => named(anyOf('CN'), attribute(oids.commonName, utf8String('Kakuno\u202eHanako'))),
  countryCode: () => named(anyOf('C'), attribute(oids.countryName, printableString('jp'))),
  subjectEmail: () => named(anyOf('E'), attribute(oids.emailAddress, ia5String('a@b.example'))),

  keyUnacceptable: () => spoilt({ subjectPublicKeyInfo: sequence(sequence(oid('1.2.3')), bitString(concat())) }),
  keyNotInProfile: () => ({ tbs: madeWith({}), profile: { ...jcan, keys: ['p-384'] } }),
  caKeySize: () => madeWrong({ keys: ['rsa-2048'] }, issuingCa, keys.rsa),
  caKeyUsage: () => madeWrong(keyUsageOf('ec', 'digitalSignature', 'cRLSign')),
  keyUsageOfEc: () => madeWrong(keyUsageOf('ec', 'digitalSignature', 'keyEncipherment')),
  keyUsageOfRsa: () => madeWrong(keyUsageOf('rsa', 'digitalSignature', 'keyAgreement'), jcan, keys.rsa),
  keyUsageOnly: () => madeWrong(keyUsageOf('ec', 'digitalSignature', 'encipherOnly')),

  extensionUnexpected: () =>
    spoilt({ extensions: [...good(jcan).extensions, extensions.extension('1.2.3', 'nonCritical', sequence())] }),
  extensionMissing: () => spoiltExtension(oids.authorityKeyIdentifier),
  extensionCriticality: () =>
    spoiltExtension(oids.keyUsage, extensions.extension(oids.keyUsage, 'nonCritical', namedBits([0, 1, 4]))),
  extensionMalformed: () =>
    spoiltExtension(
      oids.authorityInfoAccess,
      extensions.extension(oids.authorityInfoAccess, 'nonCritical', integer(1)),
    ),
  authorityKeyIdentifier: () =>
    spoiltExtension(oids.authorityKeyIdentifier, extensions.authorityKeyIdentifier(new Uint8Array(20))),
  subjectKeyIdentifier: () =>
    spoiltExtension(oids.subjectKeyIdentifier, extensions.subjectKeyIdentifier(new Uint8Array(20))),
  basicConstraints: () => {
    const { tbs } = madeWrong({ basicConstraints: { ca: true, pathLength: 1 } }, issuingCa);
    return { tbs, profile: issuingCa, at: underRoot };
  },
  keyUsage: () => spoiltExtension(oids.keyUsage, extensions.keyUsage(['digitalSignature', 'keyAgreement'])),
  extendedKeyUsage: () => spoiltExtension(oids.extendedKeyUsage, extensions.extendedKeyUsage([oids.emailProtection])),
  certificatePolicies: () =>
    spoiltExtension(oids.certificatePolicies, extensions.certificatePolicies([{ oid: '1.2.392.200063.30.5300' }])),
  ocspNocheck: () => {
    const value = extensions.extension(oids.ocspNocheck, 'nonCritical', octetString(concat()));
    return { tbs: madeWith(withExtension(oids.ocspNocheck, [value], signer), signer), profile: signer };
  },
  subjectAltName: () =>
    spoiltExtension(
      oids.subjectAltName,
      extensions.subjectAltName(encodeGeneralNames({ rfc822Names: ['a@b.jp', 'c@d.jp'] })),
    ),
  cRLDistributionPoints: () =>
    spoiltExtension(oids.cRLDistributionPoints, extensions.crlDistributionPoints(['http://elsewhere.example/0.crl'])),
  freshestCRL: () => {
    const profile = { ...jcan, freshestCrl: true };
    const elsewhereToo = [extensions.freshestCrl('http://localhost:8082/crl/issuing/1-delta.crl')];
    return { tbs: madeWith(withExtension(oids.freshestCRL, elsewhereToo, profile), profile), profile };
  },
  authorityInfoAccess: () =>
    spoiltExtension(oids.authorityInfoAccess, extensions.authorityInfoAccess({ caIssuers: urls.caIssuers })),

  caConstraint: () => madeWrong({ basicConstraints: { ca: true, pathLength: null } }),
  purposeMissing: () => madeWrong({ extendedKeyUsage: [] }, profileOf('jcan-classic-without-mailbox')),
  purposeForbidden: () => madeWrong({ extendedKeyUsage: [...jcan.extendedKeyUsage, 'serverAuth'] }),
  signerPurpose: () => madeWrong({ extendedKeyUsage: [] }, signer),
  nocheckOfSigners: () => madeWrong({ ocspNocheck: true }),
  policyTwice: () => madeWrong({ certificatePolicies: [...jcan.certificatePolicies, ...jcan.certificatePolicies] }),
  policyMissing: () => madeWrong({ certificatePolicies: [] }),
  anyPolicy: () => madeWrong({ certificatePolicies: [{ oid: '2.5.29.32.0', cps: null }] }),
  statusMissing: () => madeWrong({ crlDistributionPoint: false }),
  addressForm: () => ({ tbs: encodeTbsCertificate(good(jcan, keys.ec, elsewhere)), at: elsewhere }),
  mailboxForm: () => {
    const name = contextPrimitive(1, new TextEncoder().encode('a b@c.example'));
    return spoiltExtension(oids.subjectAltName, extensions.subjectAltName(sequence(name)));
  },
  mailPurpose: () => madeWrong({ extendedKeyUsage: ['clientAuth'] }),

  smimeMailbox: () => mailCertificate({ cn: 'other@kakuu-kakuin.example' }),
  smimeOrganisation: () => mailCertificate({ O: null }),
  smimeIdentifierForm: () => mailCertificate({ id: '7999901000001' }),
  smimeCountry: () => mailCertificate({ C: 'US' }),
  smimePerson: () => mailCertificate({ given: null, cn: null }),
  smimeCommonName: () => mailCertificate({ cn: 'Accounts' }),
  smimeOrganizationalUnit: () => mailCertificate({ ou: '1.2.392.200063.80.1.1' }),
  smimePolicy: () => madeWrong({ certificatePolicies: [{ oid: '2.23.140.1.2.1', cps: null }] }, person),
  smimeIssuerAddress: () => madeWrong({ authorityInfoAccess: ['ocsp'] }, person),

  secondReaderRefuses: () => {
    const at = { ...ground, issuer: { ...issuer, subject: badIssuer } };
    return { tbs: encodeTbsCertificate(good(jcan, keys.ec, at)), at };
  },
};

const refusing = ({ tbs, profile = jcan, at = ground }: Spoiled): string[] =>
  Array.from(new Set(lintTbsCertificate(tbs, profile, at).map(({ rule }) => rule)));

describe('each rule alone', () => {
  it.each(Object.keys(cases))('%s', id => {
    const spoiled = cases[id]?.();
    expect(spoiled && refusing(spoiled)).toEqual([id]);
  });

  it('secondReaderDiffers, when a reader is wrong: the octets are another certificate’s than the reading', () => {
    const reading = readForLint(madeWith({}), jcan, ground);
    expect(lintReading(reading)).toEqual([]);
    const others: Partial<TbsCertificate>[] = [
      { serialNumber: '5f1e2d3c4b5a69788796a5b4c3d2e1f0' },
      { notAfter: now + day },
      { notBefore: now + 1 },
      { subject: nameWith(6, attribute(oids.commonName, utf8String('BN-Somebody Else'))) },
      withExtension(oids.subjectAltName, [extensions.subjectAltName(encodeGeneralNames({ rfc822Names: ['a@b.jp'] }))]),
      { extensions: [...good(jcan).extensions, extensions.caBasicConstraints()].filter((_, at) => at !== 2) },
    ];
    for (const other of others) {
      const rules = new Set(lintReading({ ...reading, tbs: madeWith(other) }).map(({ rule }) => rule));
      expect(Array.from(rules)).toEqual(['secondReaderDiffers']);
    }
  });

  it('no rule without its certificate', () => {
    const shown = [...Object.keys(cases), 'secondReaderDiffers'];
    expect(shown.toSorted()).toEqual(certificateRules.map(({ id }) => id).toSorted());
  });
});

describe('keys', () => {
  it.each<[string, Der]>([
    ['size', spkiOf('rsa', 1024)],
    ['curve', spkiOf('ec', 'secp224r1')],
    ['curve', spkiOf('ec', 'secp256k1')],
  ])('refused for their %s', (reason, key) => {
    const violations = lintTbsCertificate(madeWith({ subjectPublicKeyInfo: key }), jcan, ground);
    expect(violations).toContainEqual({ rule: 'keyUnacceptable', field: 'subjectPublicKeyInfo', found: reason });
  });
});
