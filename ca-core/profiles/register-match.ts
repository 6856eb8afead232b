import type { Claim } from '../approvals/documents.ts';
import type { NtaRecord, RegisterRecords, RobinsRecord } from '../approvals/evidence.ts';
import type { UnixTime } from '../clock.ts';
import type { Violation } from '../errors.ts';
import { foldAddress, foldOrganisationName, foldWidth, isLatin } from './fold.ts';
import type { Policies } from './read-policies.ts';

/** 一致 · 表記ゆれ · 不一致 · 照合不能. 表記ゆれ never passes by itself: an officer confirms it. */
export type VerdictOfMatch = 'match' | 'variation' | 'mismatch' | 'uncheckable';

/** What is compared. `address` and `stateOrProvince` are ROBINS (claimed) against the NTA (registered). */
export type MatchField = 'corporateNumber' | 'organisationName' | 'address' | 'stateOrProvince' | 'mailDomain';

export interface Verdict {
  readonly field: MatchField;
  readonly claimed: string;
  readonly registered: string;
  readonly source: 'nta' | 'robins';
  readonly verdict: VerdictOfMatch;
}

export interface RegisterMatch {
  readonly verdicts: readonly Verdict[];
  /** Closed, stale, and what does not match; not what is missing: which registers are needed is the profile's word. */
  readonly violations: readonly Violation[];
}

export interface MatchInput {
  readonly claim: Claim;
  readonly register: RegisterRecords;
  readonly policies: Policies;
  readonly now: UnixTime;
}

/** Claim and register records side by side, a verdict per field and register (domain rules of policies/folding.yaml). */
export function registerMatch({ claim, register, policies, now }: MatchInput): RegisterMatch {
  const verdicts = [
    ...(register.nta === null ? [] : ntaVerdicts(claim, register.nta, policies)),
    ...(register.robins === null ? [] : robinsVerdicts(claim, register.robins, policies)),
    ...crossVerdicts(register, policies),
  ];
  const mismatches = verdicts
    // A mailbox elsewhere is no contradiction: its domain can be proven in another way (check-identity.ts).
    .filter(({ verdict, field }) => verdict === 'mismatch' && field !== 'mailDomain')
    .map(({ source, field, registered }) => ({
      rule: 'registerMismatch',
      field: `${source}.${field}`,
      found: registered,
    }));
  return {
    verdicts,
    violations: [...closedViolations(register, policies), ...staleViolations(register, policies, now), ...mismatches],
  };
}

/** Whether ROBINS knows this attribute well enough for it to count. */
export function isGradeAccepted(robins: RobinsRecord, attribute: string, { register }: Policies): boolean {
  const grade = robins.grades[attribute];
  return grade !== undefined && register.robins.acceptedGrades.includes(grade);
}

/** The mailbox's domain, lower case. */
export function mailDomainOf(mailbox: string): string {
  return mailbox.slice(mailbox.lastIndexOf('@') + 1).toLowerCase();
}

function ntaVerdicts(claim: Claim, nta: NtaRecord, policies: Policies): Verdict[] {
  const registered = isLatin(claim.organisationName) && nta.enName !== '' ? nta.enName : nta.name;
  const name = compareNames(claim.organisationName, registered, policies);
  // With an image of the name, the text stands for glyphs that no code has: only an officer can say that they agree.
  const verdict = name === 'match' && nta.nameImageId !== '' ? 'variation' : name;
  return [
    numberVerdict(claim, nta.corporateNumber, 'nta'),
    { field: 'organisationName', claimed: claim.organisationName, registered, source: 'nta', verdict },
  ];
}

function robinsVerdicts(claim: Claim, robins: RobinsRecord, policies: Policies): Verdict[] {
  const attribute = isLatin(claim.organisationName) ? 'nameEn' : 'nameJa';
  const registered = robins[attribute];
  const isKnown = isGradeAccepted(robins, attribute, policies);
  const name = isKnown ? compareNames(claim.organisationName, registered, policies) : 'uncheckable';
  return [
    numberVerdict(claim, robins.corporateNumber, 'robins'),
    { field: 'organisationName', claimed: claim.organisationName, registered, source: 'robins', verdict: name },
    mailDomainVerdict(claim, robins, policies),
  ];
}

function numberVerdict(claim: Claim, registered: string, source: Verdict['source']): Verdict {
  const verdict = claim.corporateNumber === registered ? 'match' : 'mismatch';
  return { field: 'corporateNumber', claimed: claim.corporateNumber, registered, source, verdict };
}

function mailDomainVerdict(claim: Claim, robins: RobinsRecord, policies: Policies): Verdict {
  const claimed = mailDomainOf(claim.mailbox);
  const isListed = robins.mailDomains.some(domain => domain.toLowerCase() === claimed);
  const isKnown = robins.mailDomains.length > 0 && isGradeAccepted(robins, 'mailDomains', policies);
  const verdict = !isKnown ? 'uncheckable' : isListed ? 'match' : 'mismatch';
  return { field: 'mailDomain', claimed, registered: robins.mailDomains.join(', '), source: 'robins', verdict };
}

/** ST goes into the certificate from the NTA's prefecture: both registers must mean the same organisation in the same place. */
function crossVerdicts({ nta, robins }: RegisterRecords, policies: Policies): Verdict[] {
  if (nta === null || robins === null) return [];
  const address = `${nta.prefectureName}${nta.cityName}${nta.streetNumber}`;
  const isAddressKnown = address !== '' && robins.addressJa !== '' && isGradeAccepted(robins, 'addressJa', policies);
  const state = policies.register.prefectures[nta.prefectureCode]?.roman ?? '';
  const isStateKnown =
    state !== '' && robins.stateOrProvince !== '' && isGradeAccepted(robins, 'stateOrProvince', policies);
  const agrees = (): VerdictOfMatch => (robins.stateOrProvince === state ? 'match' : 'mismatch');
  return [
    {
      field: 'address',
      claimed: robins.addressJa,
      registered: address,
      source: 'nta',
      verdict: isAddressKnown ? compareAddresses(robins.addressJa, address, policies) : 'uncheckable',
    },
    {
      field: 'stateOrProvince',
      claimed: robins.stateOrProvince,
      registered: state,
      source: 'nta',
      verdict: isStateKnown ? agrees() : 'uncheckable',
    },
  ];
}

/** The same characters but for width and spaces: match. Equal when folded: variation. Another form or its other place: mismatch. */
export function compareNames(
  claimed: string,
  registered: string,
  { folding }: Pick<Policies, 'folding'>,
): VerdictOfMatch {
  if (registered === '' || claimed === '') return 'uncheckable';
  if (foldWidth(claimed) === foldWidth(registered)) return 'match';
  const [one, other] = [foldOrganisationName(claimed, folding), foldOrganisationName(registered, folding)];
  const isEqual = one.legalForm === other.legalForm && one.position === other.position && one.rest === other.rest;
  return isEqual && one.rest !== '' ? 'variation' : 'mismatch';
}

export function compareAddresses(
  claimed: string,
  registered: string,
  policies: Pick<Policies, 'folding' | 'register'>,
): VerdictOfMatch {
  if (registered === '' || claimed === '') return 'uncheckable';
  if (foldWidth(claimed) === foldWidth(registered)) return 'match';
  return foldAddress(claimed, policies) === foldAddress(registered, policies) ? 'variation' : 'mismatch';
}

function closedViolations({ nta }: RegisterRecords, { register }: Policies): Violation[] {
  if (nta === null) return [];
  const closed = (field: string, found: string): Violation => ({
    rule: 'organisationClosed',
    field: `nta.${field}`,
    found,
  });
  return [
    ...(nta.closeDate === '' ? [] : [closed('closeDate', nta.closeDate)]),
    ...(register.nta.closedProcessCodes.includes(nta.process) ? [closed('process', nta.process)] : []),
    ...(nta.latest === '1' ? [] : [closed('latest', nta.latest)]),
    ...(nta.hihyoji === '1' ? [closed('hihyoji', nta.hihyoji)] : []),
  ];
}

/** Clocks of two machines may differ by this many seconds; a record from further ahead is refused like an old one. */
export const clockSkew = 300;

function staleViolations({ nta, robins }: RegisterRecords, { register }: Policies, now: UnixTime): Violation[] {
  const records = { nta, robins };
  return Object.entries(records).flatMap(([field, record]) => {
    const age = record === null ? 0 : now - record.fetchedAt;
    return age > register.recordMaxAge || age < -clockSkew
      ? [{ rule: 'registerRecordStale', field, found: String(age) }]
      : [];
  });
}
