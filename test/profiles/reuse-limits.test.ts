/** How long evidence may be used again (S/MIME BR 4.2.1: mailbox 30, domain 398, everything else 825 days): to the second. */
import { describe, expect, it } from 'vitest';
import type { EvidenceRecord } from '../../ca-core/approvals/evidence.ts';
import { checkIdentity } from '../../ca-core/profiles/check-identity.ts';
import { demoCase, demoClaim, evidenceOf, mailboxProof, now, passport } from '../support/demo-case.ts';
import { policies, profileOf, staffCard } from '../support/demo-case.ts';

const day = 86_400;
const domain = evidenceOf('mail-domain', { method: 'domain-proof', number: 'kakuu-kakuin.example' });
const licence = evidenceOf('professional-register', { method: 'register-look-up', number: 'JFBA-12345' });
const all = { mailbox: mailboxProof, identity: passport, affiliation: staffCard, mailDomain: domain, licence };

/** What is missing when one proof is that old and all others are new. */
function missing(profile: string, proves: keyof typeof all, seconds: number): readonly string[] {
  const aged = (name: string, record: EvidenceRecord): EvidenceRecord =>
    name === proves ? { ...record, seenAt: now - seconds, validUntil: null } : record;
  const evidence = Object.entries(all).map(([name, record]) => aged(name, record));
  const claim = { ...demoClaim, licence: 'JFBA-12345' };
  const { nta } = demoCase.register;
  const input = { ...demoCase, claim, evidence, register: { nta, robins: demoCase.register.robins } };
  return checkIdentity(profileOf(profile), input, policies, now).flatMap(({ rule, field }) =>
    rule === 'identityInsufficient' ? [field] : [],
  );
}

describe('evidence is used again', () => {
  it.each([
    ['mailbox', 30, 'jcan-classic'],
    ['identity', 825, 'jcan-classic'],
    ['affiliation', 825, 'jcan-classic'],
    ['licence', 398, 'jcan-classic'],
    ['mailbox', 30, 'organisation-person'],
    ['mailDomain', 398, 'organisation-person'],
    ['identity', 825, 'organisation-person'],
  ] as const)('%s for %i days (%s), and not a second longer', (proves, days, profile) => {
    expect(profileOf(profile).checks?.[proves]?.maxAgeDays).toBe(days);
    expect(missing(profile, proves, days * day)).not.toContain(proves);
    expect(missing(profile, proves, days * day + 1)).toContain(proves);
  });
});
