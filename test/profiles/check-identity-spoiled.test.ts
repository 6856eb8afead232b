/** A good case of which one thing is spoiled: a record of a register, a document, a mailbox. Each is found, and nothing else. */
import { describe, expect, it } from 'vitest';
import type { IdentityInput } from '../../ca-core/profiles/check-identity.ts';
import { demoNumber, evidenceOf, mailboxProof, now, passport } from '../support/demo-case.ts';
import { ntaOf, robinsOf, staffCard } from '../support/demo-case.ts';
import { claim, day, evidence, found, nta, robins } from './support/changed-case.ts';

const { grades } = robinsOf(demoNumber);

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
