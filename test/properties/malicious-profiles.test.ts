import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lintTbsCertificate } from '../../ca-core/profiles/lint.ts';
import { dangersOf } from '../../ca-core/profiles/profile-rules.ts';
import { extendedKeyUsages, type CertificateProfile } from '../../ca-core/profiles/profile.ts';
import { subjectOf } from '../../ca-core/profiles/subject.ts';
import { readTbsCertificate } from '../../ca-core/x509/certificate.ts';
import { readBasicConstraints, readExtendedKeyUsage, readKeyUsage } from '../../ca-core/x509/extension-values.ts';
import { keyUsages } from '../../ca-core/x509/extensions.ts';
import { decodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { decodeName } from '../../ca-core/x509/name.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { demoClaim, demoNumber, policies, profileOf, registerOf } from '../support/demo-case.ts';
import { good, ground, jcan, keys } from '../support/lint-ground.ts';

const usages = fc.uniqueArray(fc.constantFrom(...keyUsages), { minLength: 1 });

/** A subscriber's profile by somebody who wants more; as the reader of policies would never let it in. */
const malicious: fc.Arbitrary<CertificateProfile> = fc
  .record({
    keyUsage: fc.record({ rsa: usages, ec: usages }),
    extendedKeyUsage: fc.uniqueArray(fc.constantFrom(...extendedKeyUsages)),
    basicConstraints: fc.option(fc.record({ ca: fc.constant(true as const), pathLength: fc.option(fc.nat(8)) })),
    subjectAltName: fc.constantFrom('mailbox' as const, null),
    ocspNocheck: fc.boolean(),
    crlDistributionPoint: fc.boolean(),
    freshestCrl: fc.boolean(),
    authorityKeyIdentifier: fc.boolean(),
    validityDays: fc.integer({ min: 1, max: 4000 }),
    rules: fc.subarray(['smime-br' as const]),
    certificatePolicies: fc.subarray([...jcan.certificatePolicies, { oid: '2.5.29.32.0', cps: null }]),
  })
  .map(change => ({ ...jcan, ...change }));

const forbidden: readonly string[] = [
  oids.OCSPSigning,
  oids.serverAuth,
  oids.anyExtendedKeyUsage,
  oids.codeSigning,
  oids.timeStamping,
];

/** What would make it more than a subscriber's certificate. */
function powersIn(tbs: Uint8Array): string[] {
  const { extensions, notBefore, notAfter } = readTbsCertificate(tbs);
  const valueOf = (id: string): Uint8Array | undefined => extensions.get(id)?.value;
  const constraints = valueOf(oids.basicConstraints);
  const purposes = valueOf(oids.extendedKeyUsage);
  const usage = valueOf(oids.keyUsage);
  return [
    ...(constraints !== undefined && readBasicConstraints(constraints).ca ? ['CA:TRUE'] : []),
    ...(purposes === undefined ? ['any purpose'] : readExtendedKeyUsage(purposes).filter(id => forbidden.includes(id))),
    ...(usage === undefined
      ? ['any usage']
      : readKeyUsage(usage).filter(use => use === 'keyCertSign' || use === 'cRLSign')),
    ...(extensions.has(oids.ocspNocheck) ? ['nocheck'] : []),
    ...(notAfter - notBefore + 1 > 825 * 86_400 ? ['too long'] : []),
  ];
}

describe('a malicious profile', () => {
  it.each([
    ['ec', keys.ec],
    ['rsa', keys.rsa],
  ])('never makes more than a subscriber of an %s key', (_, key) => {
    fc.assert(
      fc.property(malicious, profile => {
        const tbs = encodeTbsCertificate(good(profile, key));
        const powers = powersIn(tbs);
        const violations = lintTbsCertificate(tbs, profile, ground);
        if (powers.length > 0) expect(violations).not.toEqual([]);
        const isDangerous = powers.some(power => power !== 'any purpose' && power !== 'nocheck');
        if (isDangerous) expect(dangersOf(profile)).not.toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('is told from the good one', () => {
    const tbs = encodeTbsCertificate(good(jcan));
    expect(powersIn(tbs)).toEqual([]);
    expect(lintTbsCertificate(tbs, jcan, ground)).toEqual([]);
  });
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.constantFrom(
    'Kakuno Hanako',
    'x, OU=CN-1',
    'A+O=B',
    'a\u0000b',
    'CA:TRUE',
    'BN-BN-',
    'JFBA-1',
    '\u202eabc',
    'a@b.example',
  ),
  fc.stringMatching(/^[A-Za-z][A-Za-z ]{0,30}$/),
);
const mailbox = fc.oneof(
  fc.constant(demoClaim.mailbox),
  fc.emailAddress(),
  fc.constantFrom('a@b.example,DNS:c', 'a@b\u0000.example', '"a b"@c.example', 'a@b.example\n'),
  text,
);

describe('a malicious case', () => {
  const subscribers = Array.from(policies.profiles.values()).filter(({ kind }) => kind === 'subscriber');

  it.each(subscribers.map(({ name }) => name))('of %s gets the attributes of the profile or none', name => {
    const profile = profileOf(name);
    const required = profile.subject.filter(part => 'value' in part || !part.optional).map(({ type }) => type);
    const whole = profile.subject.map(({ type }) => type);
    fc.assert(
      fc.property(
        fc.record(
          { romanName: text, organisationName: text, mailbox, roleName: text, licence: text },
          { requiredKeys: ['romanName', 'organisationName', 'mailbox'] },
        ),
        change => {
          const claim = { ...demoClaim, ...change };
          const names = subjectOf(profile, { claim, register: registerOf(demoNumber) }, policies);
          if (!('subject' in names)) return;
          const types = decodeName(names.subject).map(({ type }) => type);
          expect([required.join(), whole.join()]).toContain(types.join());
          const altNames = names.subjectAltName === null ? [] : decodeGeneralNames(names.subjectAltName).rfc822Names;
          expect(altNames).toEqual(profile.subjectAltName === null ? [] : [claim.mailbox]);
          const { subject, subjectAltName } = names;
          const tbs = encodeTbsCertificate({ ...good(profile), subject });
          if (subjectAltName === null || change.mailbox === demoClaim.mailbox) {
            expect(lintTbsCertificate(tbs, profile, ground)).toEqual([]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
