import type { Claim } from '../approvals/documents.ts';
import type { RegisterRecords } from '../approvals/evidence.ts';
import { PkiError, type Violation } from '../errors.ts';
import type { Der } from '../x509/der.ts';
import { encodeGeneralNames } from '../x509/general-names.ts';
import { encodeName, formatName, type NameAttribute } from '../x509/name.ts';
import { fitsAlphabet } from './alphabet.ts';
import type { CertificateProfile, FilledPart, SubjectPart, SubjectSource } from './profile.ts';
import type { Policies } from './read-policies.ts';

export interface SubjectInput {
  readonly claim: Claim;
  readonly register: RegisterRecords;
}

export interface SubjectNames {
  /** DER of the subject Name. */
  readonly subject: Der;
  /** The same for people, in the encoded order: `C=JP, ST=Tokyo, …`. */
  readonly subjectText: string;
  /** DER of the GeneralNames, or null where the profile has none. */
  readonly subjectAltName: Der | null;
}

/**
 * The exact names that the certificate will hold, from the profile's template, the claim and the register records — or
 * every reason why there are none: fieldMissing, fieldInvalid, nameTooLong, nameCharacters, mailboxInvalid,
 * organisationUnknown, each with the field to mend.
 */
export function subjectOf(
  profile: CertificateProfile,
  input: SubjectInput,
  policies: Policies,
): SubjectNames | readonly Violation[] {
  const desk = { profile, input, policies };
  const parts = profile.subject.filter(part => isWanted(part, desk)).map(part => attributeOf(part, desk));
  const attributes = parts.filter(part => 'type' in part);
  const altName = altNameOf(profile, input.claim);
  const violations = [
    ...parts.filter(part => 'rule' in part),
    ...claimedInVain(profile, input.claim),
    ...(altName !== null && 'rule' in altName ? [altName] : []),
  ];
  if (violations.length > 0 || (altName !== null && 'rule' in altName)) return withoutRepeats(violations);
  const subject = encodeName(attributes);
  return {
    subject,
    subjectAltName: altName,
    // Only where it is shown: whoever signs compares octets.
    get subjectText() {
      return formatName(subject);
    },
  };
}

/** DER of the subject of a profile that takes nothing from elsewhere: CAs and the OCSP signer. Throws policyInvalid. */
export function fixedSubjectOf(profile: CertificateProfile): Der {
  return encodeName(
    profile.subject.map(part => {
      if (!('value' in part))
        throw new PkiError('policyInvalid', { mistakes: [`${profile.name}: subject is not fixed`] });
      return part;
    }),
  );
}

interface Desk {
  readonly profile: CertificateProfile;
  readonly input: SubjectInput;
  readonly policies: Policies;
}

/** An optional part stands there when its value does. */
function isWanted(part: SubjectPart, { input, policies }: Desk): boolean {
  return 'value' in part || !part.optional || sources[part.from].take(input, policies) !== '';
}

/** What the claim names and the profile has no place for is refused, never dropped. */
function claimedInVain({ subject }: CertificateProfile, claim: Claim): Violation[] {
  const isUsed = (field: SubjectSource): boolean => subject.some(part => 'from' in part && part.from === field);
  return (['roleName', 'licence'] as const)
    .filter(field => claim[field] !== undefined && !isUsed(field))
    .map(field => ({ rule: 'fieldInvalid', field }));
}

function attributeOf(part: SubjectPart, { profile, input, policies }: Desk): NameAttribute | Violation {
  if ('value' in part) return part;
  const { field, take } = sources[part.from];
  const value = take(input, policies);
  if (value === null) return { rule: 'organisationUnknown', field: field.split('.')[0] ?? field };
  if (value === undefined) return { rule: 'fieldInvalid', field };
  if (value === '') return { rule: 'fieldMissing', field };
  const attribute = { type: part.type, value: part.prefix + value };
  const encoded = encodedOr(() => encodeName([attribute]), field);
  if ('rule' in encoded && encoded.rule === 'nameTooLong') return encoded;
  const isFit = fitsAlphabet(value, profile.alphabets[part.alphabet]) && fitsPrefix(part, value, policies);
  if ('rule' in encoded || !isFit) {
    return { rule: 'nameCharacters', field, found: value };
  }
  return attribute;
}

/** What follows a prefix is what prefixes.yaml says. A licence brings its own; nothing else may begin like one. */
function fitsPrefix(part: FilledPart, value: string, { prefixes }: Policies): boolean {
  const known = prefixes[part.type] ?? [];
  if (part.prefix !== '') {
    const rule = known.find(({ prefix }) => prefix === part.prefix);
    return rule !== undefined && (rule.follows === null || fitsAlphabet(value, rule.follows));
  }
  const begun = known.find(({ prefix }) => value.startsWith(prefix));
  if (part.from !== 'licence') return begun === undefined;
  const follows = begun?.from === 'licence' ? begun.follows : undefined;
  return typeof follows === 'string' && fitsAlphabet(value.slice(begun?.prefix.length), follows);
}

interface Source {
  /** The field that a person would mend. */
  readonly field: string;
  /** null: the register has no record; undefined: what stands there cannot be used; '': nothing stands there. */
  readonly take: (input: SubjectInput, policies: Policies) => string | null | undefined;
}

const sources: Readonly<Record<SubjectSource, Source>> = {
  prefecture: {
    field: 'nta.prefectureCode',
    take: ({ register: { nta } }, { register }) => nta && register.prefectures[nta.prefectureCode]?.roman,
  },
  locality: { field: 'robins.locality', take: ({ register }) => register.robins && register.robins.locality },
  organisationNameEn: { field: 'robins.nameEn', take: ({ register }) => register.robins && register.robins.nameEn },
  ntaNameEn: { field: 'nta.enName', take: ({ register }) => register.nta && register.nta.enName },
  corporateNumber: {
    field: 'nta.corporateNumber',
    take: ({ register }) => register.nta && register.nta.corporateNumber,
  },
  robinsPage: {
    field: 'robins.key',
    take: ({ register: { robins } }, { register }) =>
      robins && register.robins.pageTemplate.replace('{key}', robins.key),
  },
  roleName: { field: 'roleName', take: ({ claim }) => claim.roleName ?? '' },
  mailbox: { field: 'mailbox', take: ({ claim }) => claim.mailbox },
  licence: { field: 'licence', take: ({ claim }) => claim.licence ?? '' },
  romanName: { field: 'romanName', take: ({ claim }) => claim.romanName },
  // JCAN and passports write the surname first.
  surname: { field: 'romanName', take: ({ claim }) => wordsOf(claim.romanName)?.surname },
  givenName: { field: 'romanName', take: ({ claim }) => wordsOf(claim.romanName)?.givenName },
};

function wordsOf(romanName: string): { readonly surname: string; readonly givenName: string } | undefined {
  const [, surname, givenName] = /^(\S+) (\S.*)$/.exec(romanName) ?? [];
  return surname === undefined || givenName === undefined ? undefined : { surname, givenName };
}

function altNameOf(profile: CertificateProfile, claim: Claim): Der | Violation | null {
  if (profile.subjectAltName === null) return null;
  const encoded = encodedOr(() => encodeGeneralNames({ rfc822Names: [claim.mailbox] }), 'mailbox');
  return 'rule' in encoded ? { ...encoded, rule: 'mailboxInvalid' } : encoded;
}

/** What was encoded, or what the encoder says against it. */
function encodedOr(encode: () => Der, field: string): Der | Violation {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const { length, limit } = error.values;
    return {
      rule: error.code,
      field,
      ...(length === undefined ? {} : { found: `${String(length)} > ${String(limit)}` }),
    };
  }
}

function withoutRepeats(violations: readonly Violation[]): readonly Violation[] {
  const seen = new Map(violations.map(violation => [`${violation.rule} ${violation.field}`, violation]));
  return Array.from(seen.values());
}
