import { describe, expect, it } from 'vitest';
import { toHex } from '../../ca-core/x509/der.ts';
import type { CertificateProfile } from '../../ca-core/profiles/profile.ts';
import { fixedSubjectOf, subjectOf, type SubjectInput, type SubjectNames } from '../../ca-core/profiles/subject.ts';
import { demoClaim, demoNumber, policies, profileOf, registerOf } from '../support/demo-case.ts';
import { openssl } from '../support/openssl.ts';

const input: SubjectInput = { claim: demoClaim, register: registerOf(demoNumber) };

function namesOf(profile: CertificateProfile, from = input): SubjectNames {
  const names = subjectOf(profile, from, policies);
  if (!('subject' in names)) throw new Error(JSON.stringify(names));
  return names;
}

const violationsOf = (profile: CertificateProfile, from: SubjectInput): string[] => {
  const names = subjectOf(profile, from, policies);
  return 'subject' in names ? [] : names.map(({ rule, field }) => `${rule} ${field}`);
};

/** type:string type:value of every attribute, as OpenSSL reads them. */
const readByOpenSsl = (der: Uint8Array): string[] =>
  Array.from(
    openssl(['asn1parse', '-inform', 'DER', '-in', 'name.der'], { 'name.der': der }).matchAll(
      /prim: OBJECT +:(.+)\n.*prim: (\w+) +:(.*)\n/g,
    ),
    match => match.slice(1).join(':'),
  );

describe('subjectOf', () => {
  it('makes the JCAN subject, each attribute an RDN of its own, in the order of the profile', () => {
    const { subject, subjectText, subjectAltName } = namesOf(profileOf('jcan-classic'));
    expect(readByOpenSsl(subject)).toEqual([
      'countryName:PRINTABLESTRING:JP',
      'stateOrProvinceName:UTF8STRING:Tokyo',
      'localityName:UTF8STRING:Chiyoda',
      'organizationName:UTF8STRING:Kakuu Kakuin K.K.',
      'organizationalUnitName:UTF8STRING:1.2.392.200063.80.1.1',
      'organizationalUnitName:UTF8STRING:OU2-https://robins.jipdec.or.jp/Key.do?9999000000000001&J=1',
      'commonName:UTF8STRING:BN-Kakuno Hanako',
    ]);
    expect(subjectText).toBe(
      'C=JP, ST=Tokyo, L=Chiyoda, O=Kakuu Kakuin K.K., OU=1.2.392.200063.80.1.1, ' +
        'OU=OU2-https://robins.jipdec.or.jp/Key.do?9999000000000001&J=1, CN=BN-Kakuno Hanako',
    );
    expect(toHex(subject)).toBe(
      '3081cc310b3009060355040613024a50310e300c06035504080c05546f6b796f3110300e06035504070c074368' +
        '69796f6461311a3018060355040a0c114b616b7575204b616b75696e204b2e4b2e311e301c060355040b0c15312e322e3339322e32' +
        '30303036332e38302e312e3131443042060355040b0c3b4f55322d68747470733a2f2f726f62696e732e6a69706465632e6f722e6a' +
        '702f4b65792e646f3f39393939303030303030303030303031264a3d313119301706035504030c10424e2d4b616b756e6f2048616e616b6f',
    );
    expect(subjectAltName && Buffer.from(subjectAltName).toString('latin1')).toBe(
      '\x30\x24\x81\x22hanako.kakuno@kakuu-kakuin.example',
    );
  });

  it('makes the modern subject without JCAN OUs', () => {
    const { subjectText } = namesOf(profileOf('organisation-person'), {
      ...input,
      register: { ...input.register, robins: null },
    });
    expect(subjectText).toBe(
      'C=JP, O=Kakuu Kakuin K.K., organizationIdentifier=NTRJP-7999901000001, givenName=Hanako, surname=Kakuno, CN=Kakuno Hanako',
    );
  });

  it('counts the bound in characters, prefix included', () => {
    const jcan = profileOf('jcan-classic');
    const ofLength = (length: number): SubjectInput => ({
      ...input,
      claim: { ...demoClaim, romanName: 'A'.repeat(length) },
    });
    expect(violationsOf(jcan, ofLength(61))).toEqual([]);
    expect(violationsOf(jcan, ofLength(62))).toEqual(['nameTooLong romanName']);
  });

  it.each([
    '角野花子',
    'Ｋａｋｕｎｏ',
    'Kakuno  ',
    ' Kakuno',
    'Kakuno\u202eHanako',
    'Kakuno\nHanako',
    'Kakuno 2',
    'Ka=ku',
  ])('refuses the name %j', romanName => {
    const violations = violationsOf(profileOf('jcan-classic'), { ...input, claim: { ...demoClaim, romanName } });
    expect(violations).toEqual(['nameCharacters romanName']);
  });

  it('names everything that is missing at once', () => {
    const robins = input.register.robins && { ...input.register.robins, nameEn: '', locality: '港区' };
    const claim = { ...demoClaim, mailbox: 'no mailbox', romanName: '角' };
    expect(violationsOf(profileOf('jcan-classic'), { claim, register: { ...input.register, robins } })).toEqual([
      'nameCharacters robins.locality',
      'fieldMissing robins.nameEn',
      'nameCharacters romanName',
      'mailboxInvalid mailbox',
    ]);
    expect(
      violationsOf(profileOf('jcan-classic'), { claim: demoClaim, register: { nta: null, robins: null } }),
    ).toEqual(['organisationUnknown nta', 'organisationUnknown robins']);
    const single = { ...input, claim: { ...demoClaim, romanName: 'Kakuno' } };
    expect(violationsOf(profileOf('organisation-person'), single)).toEqual(['fieldInvalid romanName']);
  });

  it('names no person in the certificate of a role, and no mailbox in one that has none', () => {
    expect(namesOf(profileOf('jcan-organisation-role')).subjectText).toMatch(
      /OU=OU2-[^,]+, CN=hanako\.kakuno@kakuu-kakuin\.example$/,
    );
    for (const name of ['jcan-classic-without-mailbox', 'organisation-client-auth']) {
      const { subjectText, subjectAltName } = namesOf(profileOf(name));
      expect(subjectAltName).toBeNull();
      expect(subjectText).not.toContain('@');
    }
  });

  it('names a department where the profile takes it from the claim', () => {
    const jcan = profileOf('jcan-organisation-role');
    const profile: CertificateProfile = {
      ...jcan,
      subject: jcan.subject.with(-1, { type: 'CN', from: 'roleName', prefix: '', alphabet: 'role', optional: false }),
      alphabets: { ...jcan.alphabets, role: '[A-Za-z ]+' },
    };
    const named = { ...input, claim: { ...demoClaim, roleName: 'Accounts Department' } };
    expect(namesOf(profile, named).subjectText).toMatch(/CN=Accounts Department$/);
    expect(violationsOf(profile, input)).toEqual(['fieldMissing roleName']);
  });

  it.each(['JFBA-12345', 'CPA-1', 'ACT1-300000', 'ACT2-7', 'REA-99'])('names the licence %s', licence => {
    const named = { ...input, claim: { ...demoClaim, licence } };
    expect(namesOf(profileOf('jcan-classic'), named).subjectText).toContain(`, OU=${licence}, CN=BN-`);
  });

  it.each(['OU2-1', 'CN-7999901000001', 'JFBA-', 'JFBA-0', 'JFBA-1x', 'MD-1', 'JFBA-1, OU=CPA-2'])(
    'refuses the licence %s',
    licence => {
      const named = { ...input, claim: { ...demoClaim, licence } };
      expect(violationsOf(profileOf('jcan-classic'), named)).toEqual(['nameCharacters licence']);
    },
  );

  it('refuses what the claim names and the profile has no place for', () => {
    const claim = { ...demoClaim, licence: 'JFBA-1', roleName: 'Accounts' };
    expect(violationsOf(profileOf('jcan-classic'), { ...input, claim })).toEqual(['fieldInvalid roleName']);
    expect(violationsOf(profileOf('organisation-person'), { ...input, claim })).toEqual([
      'fieldInvalid roleName',
      'fieldInvalid licence',
    ]);
  });

  it('refuses a name that begins like a prefix of another meaning', () => {
    const claim = { ...demoClaim, romanName: 'BN-Kakuno Hanako' };
    expect(violationsOf(profileOf('organisation-client-auth'), { ...input, claim })).toEqual([
      'nameCharacters romanName',
    ]);
    const asRole: CertificateProfile = {
      ...profileOf('jcan-organisation-role'),
      subject: [{ type: 'CN', from: 'roleName', prefix: '', alphabet: 'place', optional: false }],
    };
    expect(violationsOf(asRole, { ...input, claim: { ...demoClaim, roleName: 'BN-Kakuno' } })).toEqual([
      'nameCharacters roleName',
    ]);
  });

  it('is fixed for CAs and the OCSP signer', () => {
    expect(readByOpenSsl(fixedSubjectOf(profileOf('root-ca')))).toContain('commonName:UTF8STRING:Kakuin Root CA 1');
    expect(() => fixedSubjectOf(profileOf('jcan-classic'))).toThrow('policyInvalid');
  });
});
