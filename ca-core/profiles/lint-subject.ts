import { PkiError, type Violation } from '../errors.ts';
import { childrenOf, expectTag, readDer, readOid, readText, type DerNode } from '../x509/der-reader.ts';
import type { Der } from '../x509/der.ts';
import type { NameAttributeType } from '../x509/name.ts';
import { oids } from '../x509/oids.ts';
import { fitsAlphabet } from './alphabet.ts';
import type { CertificateProfile, SubjectPart } from './profile.ts';

const utf8String = 12;
const printableString = 19;
const ia5String = 22;

/** Object identifier, string type and upper bound in characters, as RFC 5280 appendix A.1 has them; kept apart from the writer's. */
const attributes: Readonly<Record<NameAttributeType, readonly [id: string, tag: number, bound: number]>> = {
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

/** The subject is the profile's template, part by part: order, one attribute to an RDN, string type, bound, alphabet. */
export function lintSubject(subject: Der, profile: CertificateProfile): readonly Violation[] {
  const rdns = childrenOf(expectTag(readDer(subject), 16));
  const parts = partsFor(rdns.length, profile);
  if (rdns.length !== parts.length) return [{ rule: 'subjectLength', field: 'subject', found: String(rdns.length) }];
  return parts.flatMap((part, index) => {
    const rule = wrongIn(rdns[index], part, profile);
    return rule === null ? [] : [{ rule, field: `subject.${index}.${part.type}` }];
  });
}

/** The whole template, or what is left of it without the parts that may be left out. */
function partsFor(length: number, { subject }: CertificateProfile): readonly SubjectPart[] {
  return length === subject.length ? subject : subject.filter(part => 'value' in part || !part.optional);
}

function wrongIn(rdn: DerNode | undefined, part: SubjectPart, profile: CertificateProfile): string | null {
  const [id, tag, bound] = attributes[part.type];
  const found = attributeOf(rdn);
  if (found === null) return 'relativeDistinguishedName';
  if (readOid(found.type) !== id) return 'subjectOrder';
  if (found.value.tagClass !== 'universal' || found.value.tagNumber !== tag) return 'stringType';
  const text = readText(found.value);
  const length = Array.from(text).length;
  if (length === 0 || length > bound) return 'nameTooLong';
  return fitsPart(text, part, profile) ? null : 'nameCharacters';
}

function attributeOf(rdn: DerNode | undefined): { readonly type: DerNode; readonly value: DerNode } | null {
  try {
    const [attribute] = childrenOf(expectTag(rdn, 17), 1);
    const [type, value] = childrenOf(expectTag(attribute, 16), 2);
    return type === undefined || value === undefined ? null : { type: expectTag(type, 6), value };
  } catch (error) {
    if (error instanceof PkiError) return null;
    throw error;
  }
}

function fitsPart(text: string, part: SubjectPart, profile: CertificateProfile): boolean {
  if ('value' in part) return text === part.value;
  const value = text.slice(part.prefix.length);
  return text.startsWith(part.prefix) && fitsAlphabet(value, profile.alphabets[part.alphabet]);
}
