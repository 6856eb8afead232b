import type { Violation } from '../../ca-core/errors.ts';
import {
  registerMatch,
  subjectOf,
  type CertificateProfile,
  type Claim,
  type RegisterRecords,
  type SubjectNames,
  type Verdict,
} from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { lookUp } from '../registers/look-up.ts';
import { formFields, type FieldMistake } from './form-text.ts';
import { isMistakes, type ApplicationForm } from './read-form.ts';

/** What the certificate would hold, and how the claim compares with the registers. */
export interface Preview {
  readonly register: RegisterRecords;
  readonly verdicts: readonly Verdict[];
  /** Null when the names cannot be made; `mistakes` then says why. */
  readonly names: SubjectNames | null;
  /** What keeps this application from being submitted, by the field that a person can mend. */
  readonly mistakes: readonly FieldMistake[];
}

/** Asks the registers. Throws registerUnavailable. */
export async function previewOf(parts: PortalParts, { profile, claim }: ApplicationForm): Promise<Preview> {
  const now = parts.clock.now();
  const register = onlyAsked(profile, await lookUp(parts.registers, claim.corporateNumber, now));
  const { verdicts, violations } = registerMatch({ claim, register, policies: parts.policies, now });
  const names = namesOf(parts, profile, { claim, register });
  const closed = violations.filter(({ rule }) => rule === 'organisationClosed');
  const unknown = profile.registers.filter(name => register[name] === null);
  const mistakes = [
    ...unknown.map(name => mistakeAt({ rule: 'organisationUnknown', field: name })),
    ...closed.map(mistakeAt),
    ...(isMistakesOfNames(names) && unknown.length === 0 ? names.map(mistakeAt) : []),
  ];
  return { register, verdicts, names: isMistakesOfNames(names) ? null : names, mistakes: onePerField(mistakes) };
}

/** The exact names for a case, from the records stored with it. */
export function namesOf(
  { policies }: Pick<PortalParts, 'policies'>,
  profile: CertificateProfile,
  input: { claim: Claim; register: RegisterRecords },
): SubjectNames | readonly Violation[] {
  return subjectOf(profile, input, policies);
}

export const isMistakesOfNames = (names: SubjectNames | readonly Violation[]): names is readonly Violation[] =>
  isMistakes(names);

/** Registers that the profile does not ask are not shown and not stored. */
function onlyAsked({ registers }: CertificateProfile, { nta, robins }: RegisterRecords): RegisterRecords {
  return { nta: registers.includes('nta') ? nta : null, robins: registers.includes('robins') ? robins : null };
}

/** A fault of a register's record is shown at the number that led to it: nothing else of it can be changed here. */
function mistakeAt({ rule, field, found }: Violation): FieldMistake {
  const own = formFields.find(name => name === field);
  const limit = Number(found?.split(' > ')[1]);
  return {
    rule: rule as FieldMistake['rule'],
    field: own ?? 'corporateNumber',
    ...(Number.isInteger(limit) ? { limit } : {}),
  };
}

function onePerField(mistakes: readonly FieldMistake[]): readonly FieldMistake[] {
  return Array.from(new Map(mistakes.toReversed().map(mistake => [mistake.field, mistake])).values()).toReversed();
}
