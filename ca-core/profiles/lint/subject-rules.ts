/** The subject against the profile's template, part by part, and against what no template may say. */
import type { NameAttributeType } from '../../x509/name.ts';
import { oids } from '../../x509/oids.ts';
import { fitsAlphabet } from '../alphabet.ts';
import type { CertificateProfile, SubjectPart } from '../profile.ts';
import type { Reading, SubjectAttribute } from './reading.ts';
import { nothing, type CertificateRule, type Finding, type LintRule } from './rule.ts';

const utf8String = 12;
const printableString = 19;
const ia5String = 22;

/** Object identifier, string type and upper bound in characters, as RFC 5280 appendix A.1 has them; kept apart from the writer's. */
export const attributes: Readonly<Record<NameAttributeType, readonly [id: string, tag: number, bound: number]>> = {
  C: [oids.countryName, printableString, 2],
  ST: [oids.stateOrProvinceName, utf8String, 128],
  L: [oids.localityName, utf8String, 128],
  O: [oids.organizationName, utf8String, 64],
  OU: [oids.organizationalUnitName, utf8String, 64],
  CN: [oids.commonName, utf8String, 64],
  organizationIdentifier: [oids.organizationIdentifier, utf8String, 256],
  givenName: [oids.givenName, utf8String, 32_768],
  surname: [oids.surname, utf8String, 32_768],
  serialNumber: [oids.serialNumber, printableString, 64],
  pseudonym: [oids.pseudonym, utf8String, 128],
  title: [oids.title, utf8String, 64],
  E: [oids.emailAddress, ia5String, 255],
};

export const subjectRules: readonly CertificateRule[] = [
  {
    id: 'subjectEmpty',
    source: 'RFC 5280 §4.1.2.6',
    level: 'must',
    says: 'The subject is not an empty name.',
    find: ({ subject }) => (subject.length > 0 ? nothing : [{ field: 'subject' }]),
  },
  {
    id: 'subjectLength',
    source: 'profile',
    level: 'must',
    says: 'The subject has the parts of the profile, no more and no fewer.',
    find: ({ subject, profile }) =>
      subject.length === partsFor(subject.length, profile).length
        ? nothing
        : [{ field: 'subject', found: String(subject.length) }],
  },
  {
    id: 'relativeDistinguishedName',
    source: 'profile',
    level: 'must',
    says: 'Each attribute of the subject stands in an RDN of its own.',
    find: reading => reading.subject.flatMap((rdn, at) => (rdn?.length === 1 ? nothing : [{ field: `subject.${at}` }])),
  },
  partRule({
    id: 'subjectOrder',
    source: 'profile',
    says: 'The attributes stand in the order of the profile.',
    holds: ({ id }, part) => id === attributes[part.type][0],
  }),
  partRule({
    id: 'stringType',
    source: 'RFC 5280 §4.1.2.4, A.1',
    says: 'C and serialNumber are PrintableString, emailAddress is IA5String, all else UTF8String, each within its alphabet.',
    holds: ({ text, tag }, part) => text !== null && tag === attributes[part.type][1],
  }),
  partRule({
    id: 'nameTooLong',
    source: 'RFC 5280 A.1',
    says: 'An attribute has one character at least and no more than its upper bound.',
    holds: ({ text }, part) => isWithin(text ?? ' ', attributes[part.type][2]),
  }),
  partRule({
    id: 'nameCharacters',
    source: 'profile',
    says: "An attribute is the profile's fixed value, or its prefix and the characters that it allows.",
    holds: ({ text }, part, profile) => fitsPart(text, part, profile),
  }),
  partRule({
    id: 'nameInvisible',
    source: 'house',
    says: 'No attribute holds control or format characters: what is shown is all there is.',
    holds: ({ text }) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text ?? ''),
  }),
  partRule({
    id: 'countryCode',
    source: 'RFC 5280 A.1; ISO 3166-1',
    says: 'The country is two capital letters.',
    holds: ({ id, text }) => id !== oids.countryName || /^[A-Z]{2}$/.test(text ?? 'JP'),
  }),
  partRule({
    id: 'subjectEmail',
    source: 'RFC 5280 §4.1.2.6',
    level: 'should',
    says: 'A mailbox stands in subjectAltName and not in the attribute emailAddress.',
    holds: ({ id }) => id !== oids.emailAddress,
  }),
];

interface PartRule {
  readonly id: string;
  readonly source: string;
  readonly level?: LintRule['level'];
  readonly says: string;
  readonly holds: (attribute: SubjectAttribute, part: SubjectPart, profile: CertificateProfile) => boolean;
}

/** A rule over each attribute that stands where the template has a part; a subject of another length is refused already. */
function partRule({ id, source, level = 'must', says, holds }: PartRule): CertificateRule {
  const find = ({ subject, profile }: Reading): readonly Finding[] => {
    const parts = partsFor(subject.length, profile);
    if (parts.length !== subject.length) return nothing;
    const broken: Finding[] = [];
    subject.forEach((rdn, at) => {
      const [attribute] = rdn ?? [];
      const part = parts[at];
      if (attribute === undefined || part === undefined || holds(attribute, part, profile)) return;
      broken.push({ field: `subject.${at}.${part.type}` });
    });
    return broken;
  };
  return { id, source, level, says, find };
}

/** The whole template, or what is left of it without the parts that may be left out. */
function partsFor(length: number, { subject }: CertificateProfile): readonly SubjectPart[] {
  return length === subject.length ? subject : subject.filter(part => 'value' in part || !part.optional);
}

/** Counted in characters, which are never more than the code units. */
const isWithin = (text: string, bound: number): boolean =>
  text !== '' && (text.length <= bound || Array.from(text).length <= bound);

/** What cannot be read is the string type's fault. */
function fitsPart(text: string | null, part: SubjectPart, profile: CertificateProfile): boolean {
  if (text === null || text === '') return true;
  if ('value' in part) return text === part.value;
  const value = text.slice(part.prefix.length);
  return text.startsWith(part.prefix) && fitsAlphabet(value, profile.alphabets[part.alphabet]);
}
