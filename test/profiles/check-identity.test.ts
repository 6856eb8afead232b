import { describe, expect, it } from 'vitest';
import type { Claim } from '../../ca-core/approvals/documents.ts';
import type { EvidenceRecord, NtaRecord, RobinsRecord } from '../../ca-core/approvals/evidence.ts';
import { checkIdentity, type IdentityInput } from '../../ca-core/profiles/check-identity.ts';
import { demoCase, demoClaim, demoNumber, evidenceOf, mailboxProof, now, passport } from '../support/demo-case.ts';
import { ntaOf, policies, profileOf, registerOf, robinsOf, staffCard } from '../support/demo-case.ts';

const day = 86_400;
const endOfImages = Date.parse('2027-03-31T14:59:59Z') / 1000;

const found = (input: Partial<IdentityInput>, at = now, profile = 'jcan-classic'): string[] =>
  checkIdentity(profileOf(profile), { ...demoCase, ...input }, policies, at).map(
    ({ rule, field }) => `${rule} ${field}`,
  );

const nta = (change: Partial<NtaRecord>): Partial<IdentityInput> => ({
  register: { ...demoCase.register, nta: { ...ntaOf(demoNumber), ...change } },
});
const robins = (change: Partial<RobinsRecord>): Partial<IdentityInput> => ({
  register: { ...demoCase.register, robins: { ...robinsOf(demoNumber), ...change } },
});
const evidence = (...records: readonly EvidenceRecord[]): Partial<IdentityInput> => ({ evidence: records });
const { grades } = robinsOf(demoNumber);
const claim = (change: Partial<Claim>): Partial<IdentityInput> => ({ claim: { ...demoClaim, ...change } });

describe('a good case', () => {
  it.each(['jcan-classic', 'organisation-person'])('of %s needs nothing more than it has', profile => {
    const domain = evidenceOf('mail-domain', { method: 'domain-proof', number: 'kakuu-kakuin.example' });
    expect(found(evidence(mailboxProof, passport, staffCard, domain), now, profile)).toEqual([]);
  });
});

describe('a role and a licence', () => {
  const role = evidenceOf('role-statement', { method: 'affiliation', number: demoClaim.mailbox });
  const licence = evidenceOf('professional-register', { method: 'register-look-up', number: 'JFBA-12345' });
  const seen = [mailboxProof, passport, staffCard];
  const lawyer = claim({ licence: 'JFBA-12345' });

  it('need the word of the organisation and of the professional body', () => {
    expect(found(evidence(...seen), now, 'jcan-organisation-role')).toEqual(['identityInsufficient role']);
    expect(found(evidence(...seen, role), now, 'jcan-organisation-role')).toEqual([]);
    expect(found({ ...lawyer, ...evidence(...seen) })).toEqual(['identityInsufficient licence']);
    expect(found({ ...lawyer, ...evidence(...seen, licence) })).toEqual([]);
  });

  it('need it for the very one that is claimed', () => {
    const other = { ...role, number: 'other@kakuu-kakuin.example' };
    expect(found(evidence(...seen, other), now, 'jcan-organisation-role')).toEqual(['identityInsufficient role']);
    const another = { ...licence, number: 'JFBA-12346' };
    expect(found({ ...lawyer, ...evidence(...seen, another) })).toEqual(['identityInsufficient licence']);
    expect(found({ ...lawyer, ...evidence(...seen, licence) }, now, 'organisation-client-auth')).toEqual([
      'identityInsufficient licence',
    ]);
  });

  it('are nothing to a certificate without a mailbox, whose domain may be anybody’s', () => {
    const mailbox = 'hanako@elsewhere.example';
    const elsewhere = { ...claim({ mailbox }), ...evidence({ ...mailboxProof, number: mailbox }, passport, staffCard) };
    expect(found(elsewhere, now, 'jcan-classic-without-mailbox')).toEqual([]);
    expect(found(elsewhere)).toEqual(['identityInsufficient mailDomain']);
  });
});

describe('a row that an LRA attests', () => {
  const lra = 'lra-hana';
  const by = (record: EvidenceRecord, seenBy: string): EvidenceRecord => ({ ...record, seenBy });
  const attested = (...records: readonly EvidenceRecord[]) => ({ ...evidence(...records), attestedBy: lra });
  const seen = [by(passport, lra), by(staffCard, lra)] as const;
  const domain = evidenceOf('mail-domain', { method: 'domain-proof', number: 'kakuu-kakuin.example' });
  const onlyNta = { register: { nta: ntaOf(demoNumber), robins: null } };

  it("needs what the LRA saw, and the mailbox's domain in place of the mailbox", () => {
    expect(found(attested(...seen))).toEqual([]);
    expect(found(attested(by(passport, lra)))).toEqual(['identityInsufficient affiliation']);
    const elsewhere = { ...claim({ mailbox: 'hanako@elsewhere.example' }), ...attested(...seen) };
    expect(found(elsewhere)).toEqual(['identityInsufficient mailbox', 'identityInsufficient mailDomain']);
  });

  it('counts no domain of the register where the profile does not ask it, but an officer who looked', () => {
    const profile = 'organisation-client-auth';
    expect(found({ ...attested(...seen), ...onlyNta }, now, profile)).toEqual(['identityInsufficient mailbox']);
    expect(found({ ...attested(...seen, domain), ...onlyNta }, now, profile)).toEqual([]);
    const old = { ...domain, seenAt: now - 399 * day };
    expect(found({ ...attested(...seen, old), ...onlyNta }, now, profile)).toEqual(['identityInsufficient mailbox']);
    const own = attested(...seen, by(domain, lra));
    expect(found({ ...own, ...onlyNta }, now, profile)).toContain('fieldInvalid evidence.2.seenBy');
  });

  it.each<[string, EvidenceRecord]>([
    ['by an image', by({ ...passport, method: 'image' }, lra)],
    ['by an officer', passport],
    ['by another LRA', by(passport, 'lra-other')],
    ["by the LRA's word for a role", by(evidenceOf('role-statement', { method: 'affiliation', number: 'x' }), lra)],
    ["by the LRA's word for a mailbox", by(mailboxProof, lra)],
  ])('has nothing seen %s', (_, record) => {
    expect(found(attested(...seen, record))).toEqual(['fieldInvalid evidence.2.seenBy']);
  });
});

describe('one thing spoiled', () => {
  it.each<[string, Partial<IdentityInput>, string[]]>([
    ['unknown at the NTA', { register: { nta: null, robins: robinsOf(demoNumber) } }, ['organisationUnknown nta']],
    [
      'unknown to ROBINS',
      { register: { nta: ntaOf(demoNumber), robins: null } },
      ['organisationUnknown robins', 'identityInsufficient mailDomain'],
    ],
    ['a closing date', nta({ closeDate: '2026-09-01' }), ['organisationClosed nta.closeDate']],
    ...['21', '71', '81', '99'].map((process): [string, Partial<IdentityInput>, string[]] => [
      `process ${process}`,
      nta({ process }),
      ['organisationClosed nta.process'],
    ]),
    ['not the latest row', nta({ latest: '0' }), ['organisationClosed nta.latest']],
    ['hidden on request', nta({ hihyoji: '1' }), ['organisationClosed nta.hihyoji']],
    ['an NTA record of 31 days', nta({ fetchedAt: now - 31 * day }), ['registerRecordStale nta']],
    ['a ROBINS record of 31 days', robins({ fetchedAt: now - 31 * day }), ['registerRecordStale robins']],
    ['a record from tomorrow', nta({ fetchedAt: now + day }), ['registerRecordStale nta']],
    ['another number at the NTA', nta({ corporateNumber: '6999901000002' }), ['registerMismatch nta.corporateNumber']],
    [
      'another number in ROBINS',
      robins({ corporateNumber: '6999901000002' }),
      ['registerMismatch robins.corporateNumber'],
    ],
    ['another name at the NTA', nta({ name: '株式会社架空丸印' }), ['registerMismatch nta.organisationName']],
    ['後株 in ROBINS', robins({ nameJa: '架空角印株式会社' }), ['registerMismatch robins.organisationName']],
    ['no name in ROBINS', robins({ nameJa: '' }), ['registerMismatch robins.organisationName']],
    [
      'an unverified name',
      robins({ grades: { ...grades, nameJa: 'unverified' } }),
      ['registerMismatch robins.organisationName'],
    ],
    ['another address', robins({ addressJa: '東京都千代田区架空町９丁目' }), ['registerMismatch nta.address']],
    ['another prefecture', robins({ stateOrProvince: 'Osaka' }), ['registerMismatch nta.stateOrProvince']],
    ['a name written otherwise', claim({ organisationName: '㈱架空角印' }), ['variationUnconfirmed organisationName']],
    ['a name with an image', nta({ nameImageId: '00009999' }), ['variationUnconfirmed organisationName']],
    ['an address written otherwise', robins({ addressJa: '千代田区架空町1-2-3' }), ['variationUnconfirmed address']],
    [
      'another field confirmed',
      {
        ...claim({ organisationName: '㈱架空角印' }),
        confirmedVariations: [{ field: 'address', confirmedBy: 'officer-1' }],
      },
      ['variationUnconfirmed organisationName'],
    ],
    [
      'an English name of no grade',
      robins({ grades: { ...grades, nameEn: 'unverified' } }),
      ['registerAttributeUnverified robins.nameEn'],
    ],
    ['a record in the wrong place', nta({ source: 'robins-http' }), ['fieldInvalid register.nta.source']],
    ['no mailbox proof', evidence(passport, staffCard), ['identityInsufficient mailbox']],
    [
      'the proof of another mailbox',
      evidence({ ...mailboxProof, number: 'other@kakuu-kakuin.example' }, passport, staffCard),
      ['identityInsufficient mailbox'],
    ],
    [
      'a mailbox proof of 31 days',
      evidence({ ...mailboxProof, seenAt: now - 31 * day }, passport, staffCard),
      ['identityInsufficient mailbox'],
    ],
    [
      "an officer's word for a mailbox",
      evidence({ ...mailboxProof, seenBy: 'officer-1' }, passport, staffCard),
      ['fieldInvalid evidence.0.seenBy', 'identityInsufficient mailbox'],
    ],
    ['nobody identified', evidence(mailboxProof, staffCard), ['identityInsufficient identity']],
    [
      'one secondary document',
      evidence(mailboxProof, evidenceOf('seal-certificate'), staffCard),
      ['identityInsufficient identity'],
    ],
    [
      'the same secondary document twice',
      evidence(mailboxProof, evidenceOf('pension-book'), evidenceOf('pension-book'), staffCard),
      ['identityInsufficient identity'],
    ],
    [
      'a passport that had expired when it was seen',
      evidence(mailboxProof, { ...passport, validUntil: now - 2 * day }, staffCard),
      ['identityInsufficient identity'],
    ],
    [
      'a passport that was refused',
      evidence(mailboxProof, { ...passport, result: 'refused' }, staffCard),
      ['identityInsufficient identity'],
    ],
    [
      'a passport seen 826 days ago',
      evidence(mailboxProof, { ...passport, seenAt: now - 826 * day }, staffCard),
      ['identityInsufficient identity'],
    ],
    [
      'a passport by post',
      evidence(mailboxProof, { ...passport, method: 'post' }, staffCard),
      ['identityInsufficient identity'],
    ],
    [
      'a passport of tomorrow',
      evidence(mailboxProof, { ...passport, seenAt: now + day }, staffCard),
      ['fieldInvalid evidence.1.seenAt', 'identityInsufficient identity'],
    ],
    [
      'a document that the policy does not know',
      evidence(mailboxProof, passport, staffCard, evidenceOf('library-card')),
      ['fieldInvalid evidence.3.document'],
    ],
    [
      'a method that the policy does not know',
      evidence(mailboxProof, passport, staffCard, { ...passport, method: 'telepathy' }),
      ['fieldInvalid evidence.3.method'],
    ],
    [
      'a My Number',
      evidence(mailboxProof, passport, staffCard, evidenceOf('my-number-card', { number: '123456789018' })),
      ['fieldInvalid evidence.3.number'],
    ],
    [
      'an insurance number that is not masked',
      evidence(mailboxProof, passport, staffCard, evidenceOf('health-insurance', { number: '12345678' })),
      ['fieldInvalid evidence.3.number'],
    ],
    ['no proof of affiliation', evidence(mailboxProof, passport), ['identityInsufficient affiliation']],
    [
      'a mailbox of another domain',
      {
        ...claim({ mailbox: 'a@example.com' }),
        ...evidence({ ...mailboxProof, number: 'a@example.com' }, passport, staffCard),
      },
      ['identityInsufficient mailDomain'],
    ],
    [
      'mail domains of no grade',
      robins({ grades: { ...grades, mailDomains: 'unverified' } }),
      ['identityInsufficient mailDomain'],
    ],
    [
      'a subdomain that is not listed',
      {
        ...claim({ mailbox: 'a@sub.kakuu-kakuin.example' }),
        ...evidence({ ...mailboxProof, number: 'a@sub.kakuu-kakuin.example' }, passport, staffCard),
      },
      ['identityInsufficient mailDomain'],
    ],
  ])('%s', (_, input, expected) => expect(found(input)).toEqual(expected));
});

describe('what mends it', () => {
  it('an officer who confirmed the variation', () => {
    const confirmedVariations = [{ field: 'organisationName', confirmedBy: 'officer-1' }];
    expect(found({ ...claim({ organisationName: '㈱架空角印' }), confirmedVariations })).toEqual([]);
    expect(found({ ...nta({ nameImageId: '00009999' }), confirmedVariations })).toEqual([]);
  });

  it('never a confirmation of what does not match', () => {
    const confirmedVariations = [{ field: 'organisationName', confirmedBy: 'officer-1' }];
    expect(found({ ...claim({ organisationName: '合同会社架空角印' }), confirmedVariations })).toEqual([
      'registerMismatch nta.organisationName',
      'registerMismatch robins.organisationName',
    ]);
  });

  it('two different secondary documents', () => {
    const two = [evidenceOf('seal-certificate'), evidenceOf('health-insurance', { number: '*****123' })];
    expect(found(evidence(mailboxProof, ...two, staffCard))).toEqual([]);
  });

  it('control of the mail domain, for 398 days', () => {
    const mailbox = 'a@example.com';
    const domain = evidenceOf('mail-domain', { method: 'domain-proof', number: 'Example.com' });
    const seen = (seenAt: number): Partial<IdentityInput> => ({
      ...claim({ mailbox }),
      ...evidence({ ...mailboxProof, number: mailbox }, passport, staffCard, { ...domain, seenAt }),
    });
    expect(found(seen(now - 398 * day))).toEqual([]);
    expect(found(seen(now - 399 * day))).toEqual(['identityInsufficient mailDomain']);
  });

  it('an image until the end of March 2027 in Japan, and not a second longer', () => {
    const image = (seenAt: number): string[] => {
      const at = seenAt + 60;
      const fresh = { ...mailboxProof, seenAt };
      const fetched = {
        nta: { ...ntaOf(demoNumber), fetchedAt: at },
        robins: { ...robinsOf(demoNumber), fetchedAt: at },
      };
      const licence = evidenceOf('driving-licence', { method: 'image', seenAt });
      return found({ ...evidence(fresh, licence, staffCard), register: fetched }, at);
    };
    expect(image(endOfImages)).toEqual([]);
    expect(image(endOfImages + 1)).toEqual(['identityInsufficient identity']);
  });
});

describe('a profile that does not ask ROBINS', () => {
  it('is neither helped nor hindered by it', () => {
    const domain = evidenceOf('mail-domain', { method: 'domain-proof', number: 'kakuu-kakuin.example' });
    const wrong = { ...registerOf(demoNumber), robins: robinsOf('6999901000002') };
    const input = { register: wrong, evidence: [mailboxProof, passport, staffCard, domain] };
    expect(found(input, now, 'organisation-person')).toEqual([]);
    expect(found({}, now, 'organisation-person')).toEqual(['identityInsufficient mailDomain']);
  });
});
