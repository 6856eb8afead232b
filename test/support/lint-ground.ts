/** Good TBSCertificates of the shipped profiles, and ways to spoil one thing about them. */
import { generateKeyPairSync } from 'node:crypto';
import { certificateExtensions } from '../../ca-core/profiles/extensions-of.ts';
import { lintTbsCertificate } from '../../ca-core/profiles/lint.ts';
import type { LintGround } from '../../ca-core/profiles/lint/ground.ts';
import type { CertificateProfile } from '../../ca-core/profiles/profile.ts';
import { fixedSubjectOf, subjectOf } from '../../ca-core/profiles/subject.ts';
import { concat, equalBytes, oid, sequence, set, type Der } from '../../ca-core/x509/der.ts';
import { printableString, utf8String } from '../../ca-core/x509/der.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { encodeTbsCertificate, type TbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { demoClaim, demoNumber, now, policies, profileOf, registerOf } from './demo-case.ts';

export function spkiOf(kind: 'ec' | 'rsa', size: number | string): Der {
  const { publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: String(size) })
      : generateKeyPairSync('rsa', { modulusLength: Number(size) });
  return concat(publicKey.export({ format: 'der', type: 'spki' }));
}

export const keys = { ec: spkiOf('ec', 'P-256'), rsa: spkiOf('rsa', 2048) };
export const issuer = {
  subject: fixedSubjectOf(profileOf('issuing-ca')),
  keyIdentifier: keyIdentifier(spkiOf('ec', 'P-384')),
};
export const urls = {
  ocsp: 'http://localhost:8081/',
  caIssuers: 'http://localhost:8082/ca/issuing.cer',
  crl: 'http://localhost:8082/crl/issuing/0.crl',
  freshestCrl: 'http://localhost:8082/crl/issuing/0-delta.crl',
};
export const ground: LintGround = { issuer, now, urls };
export const jcan = profileOf('jcan-classic');

/** What the CA core would make of the demo's case. */
export function good(profile: CertificateProfile, key: Der = keys.ec, at = ground): TbsCertificate {
  const names = namesOf(profile);
  return {
    serialNumber: '4f1e2d3c4b5a69788796a5b4c3d2e1f0',
    signatureAlgorithm: 'ecdsa-with-SHA384',
    issuer: profile.kind === 'rootCa' ? names.subject : at.issuer.subject,
    subject: names.subject,
    notBefore: now,
    notAfter: now + profile.validityDays * 86_400 - 1,
    subjectPublicKeyInfo: key,
    extensions: certificateExtensions(profile, {
      subjectPublicKeyInfo: key,
      issuerKeyIdentifier: at.issuer.keyIdentifier,
      subjectAltName: names.subjectAltName,
      urls: at.urls ?? {},
    }),
  };
}

function namesOf(profile: CertificateProfile): { subject: Der; subjectAltName: Der | null } {
  if (profile.kind !== 'subscriber') return { subject: fixedSubjectOf(profile), subjectAltName: null };
  const names = subjectOf(profile, { claim: demoClaim, register: registerOf(demoNumber) }, policies);
  if (!('subject' in names)) throw new Error(JSON.stringify(names));
  return names;
}

export const lint = (tbs: Der, profile = jcan, at = ground): string[] =>
  Array.from(new Set(lintTbsCertificate(tbs, profile, at).map(({ rule, field }) => `${rule} ${field}`)));

/** The good TBS with some parts of it replaced. */
export const madeWith = (change: Partial<TbsCertificate>, profile = jcan, key = keys.ec): Der =>
  encodeTbsCertificate({ ...good(profile, key), ...change });

/** The good extensions with those of one id replaced, or left out. */
export function withExtension(id: string, instead: readonly Der[], profile = jcan): Partial<TbsCertificate> {
  const identifier = oid(id);
  const isOther = (extension: Der): boolean => {
    const from = (extension[1] ?? 0) < 0x80 ? 2 : 3;
    return !equalBytes(extension.subarray(from, from + identifier.length), identifier);
  };
  const { extensions: all } = good(profile);
  if (all.filter(isOther).length !== all.length - 1) throw new Error(`the good certificate has no ${id}`);
  return { extensions: [...all.filter(isOther), ...instead] };
}

export const attribute = (id: string, value: Der): Der => sequence(oid(id), value);

export const goodName: readonly Der[] = [
  attribute(oids.countryName, printableString('JP')),
  attribute(oids.stateOrProvinceName, utf8String('Tokyo')),
  attribute(oids.localityName, utf8String('Chiyoda')),
  attribute(oids.organizationName, utf8String('Kakuu Kakuin K.K.')),
  attribute(oids.organizationalUnitName, utf8String('1.2.392.200063.80.1.1')),
  attribute(oids.organizationalUnitName, utf8String('OU2-https://robins.jipdec.or.jp/Key.do?9999000000000001&J=1')),
  attribute(oids.commonName, utf8String('BN-Kakuno Hanako')),
];

/** The good name with one RDN replaced by others. */
export const nameWith = (at: number, ...instead: readonly Der[]): Der =>
  sequence(...goodName.flatMap((each, index) => (index === at ? instead.map(other => set(other)) : [set(each)])));
