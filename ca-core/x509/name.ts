/** distinguishedName (RFC 5280 §4.1.2.4): every attribute in an RDN of its own, in the order given. */
import { PkiError } from '../errors.ts';
import { ia5String, oid, printableString, sequence, set, toHex, utf8String, type Der } from './der.ts';
import { childrenOf, expectTag, readDer, readOid, readText, type DerNode } from './der-reader.ts';
import { oids } from './oids.ts';

export const nameAttributeTypes = [
  'C',
  'ST',
  'L',
  'O',
  'OU',
  'CN',
  'organizationIdentifier',
  'givenName',
  'surname',
  'serialNumber',
  'pseudonym',
  'title',
  'E',
] as const;
export type NameAttributeType = (typeof nameAttributeTypes)[number];

export interface NameAttribute {
  readonly type: NameAttributeType;
  readonly value: string;
}

interface AttributeForm {
  readonly id: string;
  /** Upper bound in characters (RFC 5280 appendix A.1; X.520 leaves organizationIdentifier unbounded). */
  readonly limit: number;
  readonly write: (text: string) => Der;
  /** What the value must look like beyond having no control characters. */
  readonly alphabet?: RegExp;
}

const forms: Readonly<Record<NameAttributeType, AttributeForm>> = {
  C: { id: oids.countryName, limit: 2, write: printableString, alphabet: /^[A-Z]{2}$/ },
  ST: { id: oids.stateOrProvinceName, limit: 128, write: utf8String },
  L: { id: oids.localityName, limit: 128, write: utf8String },
  O: { id: oids.organizationName, limit: 64, write: utf8String },
  OU: { id: oids.organizationalUnitName, limit: 64, write: utf8String },
  CN: { id: oids.commonName, limit: 64, write: utf8String },
  organizationIdentifier: { id: oids.organizationIdentifier, limit: 256, write: utf8String },
  givenName: { id: oids.givenName, limit: 32_768, write: utf8String },
  surname: { id: oids.surname, limit: 32_768, write: utf8String },
  serialNumber: { id: oids.serialNumber, limit: 64, write: printableString, alphabet: /^[A-Za-z0-9 '()+,\-./:=?]+$/ },
  pseudonym: { id: oids.pseudonym, limit: 128, write: utf8String },
  title: { id: oids.title, limit: 64, write: utf8String },
  E: { id: oids.emailAddress, limit: 255, write: ia5String, alphabet: /^[\x21-\x7e]+$/ },
};

const typesById = new Map(nameAttributeTypes.map(type => [forms[type].id, type]));
const idDers = new Map(nameAttributeTypes.map(type => [type, oid(forms[type].id)]));

/** Controls, invisible format characters (bidi overrides among them), lone surrogates, private use, line separators. */
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
/** Has none of them; told in a tenth of the time. */
const plain = /^[\x20-\x7e]*$/;

/**
 * DER of a Name, one attribute to an RDN. C and serialNumber are PrintableString, E is IA5String, all else UTF8String.
 * Throws nameTooLong {type, limit, length} in characters, nameCharacters {type}.
 */
export function encodeName(attributes: readonly NameAttribute[]): Der {
  return sequence(...attributes.map(attribute => set(encodeAttribute(attribute))));
}

/** The attributes of a Name whose RDNs each hold one attribute that this platform knows. Throws derMalformed. */
export function decodeName(der: Uint8Array): readonly NameAttribute[] {
  return rdnsOf(der).map(rdn => {
    const [attribute, second] = rdn;
    const type = attribute === undefined ? undefined : typesById.get(attribute.id);
    if (attribute === undefined || second !== undefined || type === undefined) {
      throw new PkiError('derMalformed', { what: 'a name with RDNs of other kinds' });
    }
    return { type, value: readText(attribute.value) };
  });
}

/**
 * A Name for people, in the encoded order: `C=JP, ST=Tokyo`. Values are escaped as in RFC 4514 §2.4, RDNs of several
 * attributes are joined by `+`, unknown types are written `1.2.3=#hex`. Throws derMalformed.
 */
export function formatName(der: Uint8Array): string {
  return rdnsOf(der)
    .map(rdn => rdn.map(formatAttribute).join('+'))
    .join(', ');
}

interface EncodedAttribute {
  readonly id: string;
  readonly value: DerNode;
}

function encodeAttribute({ type, value }: NameAttribute): Der {
  const { limit, write, alphabet } = forms[type];
  // Code units are never fewer than characters, which take longer to count.
  const length = value.length > limit ? Array.from(value).length : value.length;
  if (length > limit) throw new PkiError('nameTooLong', { type, limit, length });
  if (length === 0 || (!plain.test(value) && forbidden.test(value)) || alphabet?.test(value) === false) {
    throw new PkiError('nameCharacters', { type });
  }
  return sequence(idDers.get(type) ?? oid(forms[type].id), write(value));
}

function rdnsOf(der: Uint8Array): readonly (readonly EncodedAttribute[])[] {
  return childrenOf(expectTag(readDer(der), 16)).map(rdn => {
    const attributes = childrenOf(expectTag(rdn, 17));
    if (attributes.length === 0) throw new PkiError('derMalformed', { what: 'an empty RDN' });
    return attributes.map(readAttribute);
  });
}

function readAttribute(node: DerNode): EncodedAttribute {
  const [id, value] = childrenOf(expectTag(node, 16), 2);
  if (id === undefined || value === undefined) throw new PkiError('derMalformed', { what: 'AttributeTypeAndValue' });
  return { id: readOid(id), value };
}

function formatAttribute({ id, value }: EncodedAttribute): string {
  const type = typesById.get(id);
  if (type === undefined) return `${id}=#${toHex(value.bytes)}`;
  const escaped = readText(value)
    .replace(/[\\,+"<>;]/g, '\\$&')
    .replace(/^[ #]| $/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, hexPairs);
  return `${type}=${escaped}`;
}

/** `\xx` for every octet of the UTF-8 form (RFC 4514 §2.4). */
function hexPairs(character: string): string {
  return Array.from(new TextEncoder().encode(character), octet => `\\${octet.toString(16).padStart(2, '0')}`).join('');
}
