/** What the registers say of the LRA's own organisation: the same for every row, so found out once. */
import type { Violation } from '../../ca-core/errors.ts';
import { checkIdentity, registerMatch, subjectOf, type Claim, type Verdict } from '../../ca-core/index.ts';
import type { BulkFault } from './bulk-row.ts';
import type { CheckGround } from './check-ground.ts';
import { isViolations, rowFault } from './faults.ts';

export interface OrganisationStanding {
  /** As the registers write it; what officers compare the rows with. */
  readonly name: string;
  /** False where no certificate can name it: then that is the table's one fault. */
  readonly isFit: boolean;
  readonly faults: readonly BulkFault[];
  readonly domains: readonly string[];
  readonly isCalled: (name: string) => boolean;
  readonly hasDomain: (mailbox: string) => boolean;
}

export function standingOfOrganisation(ground: CheckGround): OrganisationStanding {
  const { profile, register, policies, organisation, now } = ground;
  const asked = {
    nta: profile.registers.includes('nta') ? register.nta : null,
    robins: profile.registers.includes('robins') ? register.robins : null,
  };
  const name = register.nta?.name ?? register.robins?.nameJa ?? '';
  const verdicts = (claimed: string): readonly Verdict[] =>
    registerMatch({ claim: { ...anybody(ground, name), organisationName: claimed }, register: asked, policies, now })
      .verdicts;
  const found = violationsOf(ground, name);
  const domains = domainsOf(ground);
  const names = new Map<string, boolean>();
  return {
    name,
    isFit: found.length === 0,
    faults: found.map(({ rule, field }) =>
      rowFault(0, 'organisationUnfit', { organisation, because: rule, where: field }),
    ),
    domains,
    isCalled: claimed => {
      const known = names.get(claimed) ?? isOwnName(verdicts(claimed));
      if (names.size < 100) names.set(claimed, known);
      return known;
    },
    hasDomain: mailbox => domains.includes(mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase()),
  };
}

/** One register at least knows the name, written so or otherwise, and none contradicts. */
function isOwnName(verdicts: readonly Verdict[]): boolean {
  const named = verdicts.filter(({ field }) => field === 'organisationName');
  return (
    named.every(({ verdict }) => verdict !== 'mismatch') &&
    named.some(({ verdict }) => verdict === 'match' || verdict === 'variation')
  );
}

/** Somebody without a fault, so that what is left against a certificate is the organisation's. */
const anybody = ({ organisation }: CheckGround, organisationName: string): Claim => ({
  kanjiName: '架空 太郎',
  kanaName: 'カクウ タロウ',
  romanName: 'Kakuu Taro',
  corporateNumber: organisation,
  organisationName,
  mailbox: 'taro@example.jp',
});

function violationsOf(ground: CheckGround, name: string): readonly Violation[] {
  const { profile, register, policies, now, confirmedVariations } = ground;
  const claim = anybody(ground, name);
  const input = { claim, evidence: [], register, confirmedVariations };
  const ofRegisters = checkIdentity(profile, input, policies, now).filter(
    ({ rule }) => rule !== 'identityInsufficient',
  );
  const names = subjectOf(profile, { claim, register }, policies);
  const ofNames = isViolations(names) ? names : [];
  const seen = new Map([...ofRegisters, ...ofNames].map(one => [`${one.rule} ${one.field}`, one]));
  return [...seen.values()];
}

/** Listed by ROBINS with an accepted grade, where the profile asks it, or seen by an officer not too long ago. */
function domainsOf({ profile, register, policies, domainEvidence, now }: CheckGround): readonly string[] {
  const robins = profile.registers.includes('robins') ? register.robins : null;
  const grade = robins?.grades['mailDomains'];
  const isAccepted = grade !== undefined && policies.register.robins.acceptedGrades.includes(grade);
  const age = profile.bulk?.mailDomain?.maxAgeDays ?? 0;
  const shown = [...domainEvidence.values()]
    .filter(({ seenAt }) => seenAt >= now - age * 86_400)
    .map(({ number }) => number);
  return [...(isAccepted ? (robins?.mailDomains ?? []) : []), ...shown].map(domain => domain.toLowerCase());
}
