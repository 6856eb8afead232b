/** When an identity is proven: of a person, a role, a row that an LRA attests; and what mends a case that is not good. */
import { describe, expect, it } from 'vitest';
import type { EvidenceRecord } from '../../ca-core/approvals/evidence.ts';
import type { IdentityInput } from '../../ca-core/profiles/check-identity.ts';
import { demoClaim, demoNumber, evidenceOf, mailboxProof, now, passport } from '../support/demo-case.ts';
import { ntaOf, registerOf, robinsOf, staffCard } from '../support/demo-case.ts';
import { claim, day, evidence, found, nta } from './support/changed-case.ts';

const endOfImages = Date.parse('2027-03-31T14:59:59Z') / 1000;

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
