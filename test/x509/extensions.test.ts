import { describe, expect, it } from 'vitest';
import { readDer, readOctets } from '../../ca-core/x509/der-reader.ts';
import * as values from '../../ca-core/x509/extension-values.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { decodeGeneralNames, encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { boolean, contextPrimitive, namedBits, sequence, toHex, type Der } from '../../ca-core/x509/der.ts';
import { refusalOf } from '../support/refusal.ts';

const valueOf = (extension: Der): Uint8Array => {
  const last = readDer(extension).children.at(-1);
  if (last === undefined) throw new Error('no value');
  return readOctets(last);
};
const isCritical = (extension: Der): boolean => readDer(extension).children.length === 3;

describe('extensions', () => {
  it('say what was put in', () => {
    const { caBasicConstraints, endEntityBasicConstraints, keyUsage } = extensions;
    expect(values.readBasicConstraints(valueOf(caBasicConstraints(0)))).toEqual({ ca: true, pathLength: 0 });
    expect(values.readBasicConstraints(valueOf(caBasicConstraints()))).toEqual({ ca: true, pathLength: null });
    expect(values.readBasicConstraints(valueOf(endEntityBasicConstraints()))).toEqual({ ca: false, pathLength: null });
    expect(values.readKeyUsage(valueOf(keyUsage(['keyCertSign', 'cRLSign'])))).toEqual(['keyCertSign', 'cRLSign']);
    expect(values.readKeyUsage(valueOf(keyUsage(['decipherOnly'])))).toEqual(['decipherOnly']);
    const policies = [{ oid: '1.2.3', cpsUri: 'https://example.jp/cps' }, { oid: '2.999.1' }];
    expect(values.readCertificatePolicies(valueOf(extensions.certificatePolicies(policies)))).toEqual(policies);
    const urls = { ocsp: 'http://a.jp/', caIssuers: 'http://b.jp/c' };
    expect(values.readAuthorityInfoAccess(valueOf(extensions.authorityInfoAccess(urls)))).toEqual({
      ocsp: [urls.ocsp],
      caIssuers: [urls.caIssuers],
    });
    const points = ['http://c.jp/0.crl', 'http://d.jp/0.crl'];
    expect(values.readCrlDistributionPoints(valueOf(extensions.crlDistributionPoints(points)))).toEqual(points);
    const identifier = Uint8Array.of(1, 2, 3);
    expect(values.readAuthorityKeyIdentifier(valueOf(extensions.authorityKeyIdentifier(identifier)))).toEqual(
      identifier,
    );
    expect(values.readSubjectKeyIdentifier(valueOf(extensions.subjectKeyIdentifier(identifier)))).toEqual(identifier);
  });

  it('are critical where RFC 5280 says so', () => {
    const names = encodeGeneralNames({ rfc822Names: ['a@example.jp'] });
    expect(isCritical(extensions.caBasicConstraints())).toBe(true);
    expect(isCritical(extensions.keyUsage(['digitalSignature']))).toBe(true);
    expect(isCritical(extensions.issuingDistributionPoint({ url: 'http://c.jp/0.crl' }))).toBe(true);
    expect(isCritical(extensions.subjectAltName(names))).toBe(false);
    expect(isCritical(extensions.subjectAltName(names, 'critical'))).toBe(true);
    expect(isCritical(extensions.ocspNocheck())).toBe(false);
  });

  it('of a CRL name the point and the scope (§5.2.5)', () => {
    const point = extensions.issuingDistributionPoint({ url: 'http://c/', only: 'userCertificates' });
    expect(toHex(valueOf(point))).toBe('3012a00da00b8609687474703a2f2f632f8101ff');
  });

  it('are refused when their value is not the DER of what it should be', () => {
    const malformed = [
      () => values.readBasicConstraints(sequence(boolean(false))),
      () => values.readKeyUsage(namedBits([])),
      () => values.readKeyUsage(Uint8Array.of(3, 2, 0, 0x80)),
      () => values.readExtendedKeyUsage(sequence()),
      () => decodeGeneralNames(sequence()),
      () => decodeGeneralNames(sequence(contextPrimitive(2, Uint8Array.of(97)))),
    ];
    expect(malformed.map(act => refusalOf(act)?.code)).toEqual(malformed.map(() => 'derMalformed'));
  });

  it.each(['', 'a', 'a@', '@b', 'a b@example.jp', 'あ@example.jp', 'a@example.jp\0', 'a@@b', 'a..b@c.jp'])(
    'take %j for no mailbox',
    mailbox => {
      expect(refusalOf(() => encodeGeneralNames({ rfc822Names: [mailbox] }))?.code).toBe('nameCharacters');
    },
  );
});
