import type { CaseDocument, Claim } from '../approvals/documents.ts';
import type { EvidenceRecord, RegisterRecords } from '../approvals/evidence.ts';
import type { UnixTime } from '../clock.ts';
import type { Violation } from '../errors.ts';
import { checkEvidence } from './check-evidence.ts';
import type { CertificateProfile } from './profile.ts';
import type { Policies } from './read-policies.ts';
import { isGradeAccepted, registerMatch, type Verdict } from './register-match.ts';

/** What a case says of a person and an organisation; a CaseDocument has these fields. */
export interface IdentityInput {
  readonly claim: Claim;
  readonly evidence: readonly EvidenceRecord[];
  readonly register: RegisterRecords;
  readonly confirmedVariations: CaseDocument['confirmedVariations'];
  /** Member id of the LRA who attests it in a list; left out where it stands by itself. */
  readonly attestedBy?: string;
}

/**
 * Everything that stands between this case and a certificate of this profile; empty when nothing does. Pure: the portal
 * shows it to the officer, the CA core enforces it before it signs. Rules, with the field to mend:
 * organisationUnknown {nta|robins} · organisationClosed {nta.…} · registerRecordStale {nta|robins} ·
 * registerMismatch {source.field} · variationUnconfirmed {field} · registerAttributeUnverified {robins.…} ·
 * fieldInvalid {evidence.N.…, register.…} · identityInsufficient
 * {mailbox|identity|affiliation|mailDomain|role|licence}.
 */
export function checkIdentity(
  profile: CertificateProfile,
  input: IdentityInput,
  policies: Policies,
  now: UnixTime,
): readonly Violation[] {
  return [...checkRegister(profile, input, policies, now), ...checkEvidence(profile, { ...input, policies, now })];
}

function checkRegister(
  profile: CertificateProfile,
  input: IdentityInput,
  policies: Policies,
  now: UnixTime,
): readonly Violation[] {
  const { claim, confirmedVariations } = input;
  const register = demandedRecords(profile, input.register);
  const { verdicts, violations } = registerMatch({ claim, register, policies, now });
  const confirmed = new Set(confirmedVariations.map(variation => variation.field));
  const open = verdicts.filter(({ verdict, field }) => verdict === 'variation' && !confirmed.has(field));
  return [
    ...missingRecords(profile, register),
    ...violations,
    ...uncheckableNames(verdicts),
    ...onePerField(open).map(({ field, registered }) => ({ rule: 'variationUnconfirmed', field, found: registered })),
    ...unverifiedAttributes(profile, register, policies),
    ...foreignSources(register),
  ];
}

/** What a profile does not ask for can neither help nor hinder. */
function demandedRecords({ registers }: CertificateProfile, { nta, robins }: RegisterRecords): RegisterRecords {
  return { nta: registers.includes('nta') ? nta : null, robins: registers.includes('robins') ? robins : null };
}

function missingRecords({ registers }: CertificateProfile, records: RegisterRecords): Violation[] {
  return registers.filter(name => records[name] === null).map(field => ({ rule: 'organisationUnknown', field }));
}

/** An organisation whose name cannot be compared has not been found, whatever its number says. */
function uncheckableNames(verdicts: readonly Verdict[]): Violation[] {
  return verdicts
    .filter(({ verdict, field }) => verdict === 'uncheckable' && field === 'organisationName')
    .map(({ source, field, registered }) => ({
      rule: 'registerMismatch',
      field: `${source}.${field}`,
      found: registered,
    }));
}

/** One confirmation answers for a field in both registers: the officer saw all lines of that field together. */
function onePerField(verdicts: readonly Verdict[]): readonly Verdict[] {
  return Array.from(new Map(verdicts.map(verdict => [verdict.field, verdict])).values());
}

/** What ROBINS lends to the certificate must be known there from an authoritative source, or verified. */
function unverifiedAttributes(
  profile: CertificateProfile,
  { robins }: RegisterRecords,
  policies: Policies,
): Violation[] {
  if (robins === null) return [];
  const attributes = profile.subject.flatMap(part => ('from' in part ? (lentByRobins[part.from] ?? []) : []));
  return attributes
    .filter(attribute => !isGradeAccepted(robins, attribute, policies))
    .map(attribute => ({
      rule: 'registerAttributeUnverified',
      field: `robins.${attribute}`,
      found: robins.grades[attribute] ?? '',
    }));
}

const lentByRobins: Readonly<Partial<Record<string, string>>> = { locality: 'locality', organisationNameEn: 'nameEn' };

/** A record stands in the place of the register that gave it. */
function foreignSources({ nta, robins }: RegisterRecords): Violation[] {
  const foreign = [
    ...(nta === null || nta.source.startsWith('nta-') ? [] : [{ field: 'register.nta.source', found: nta.source }]),
    ...(robins === null || robins.source.startsWith('robins-')
      ? []
      : [{ field: 'register.robins.source', found: robins.source }]),
  ];
  return foreign.map(({ field, found }) => ({ rule: 'fieldInvalid', field, found }));
}
