/** GeneralNames (RFC 5280 §4.2.1.6), as far as certificates here carry them: mailboxes and URIs. */
import { PkiError } from '../errors.ts';
import { contextPrimitive, sequence, type Der } from './der.ts';
import { childrenOf, expectTag, readDer, type DerNode } from './der-reader.ts';

const rfc822NameTag = 1;
const uriTag = 6;
const mailbox = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/;
const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder();

export interface GeneralNames {
  readonly rfc822Names: readonly string[];
}

/** DER of GeneralNames. Each name is a Mailbox of RFC 5321 without quoting, at most 255 octets. Throws nameCharacters, nameTooLong. */
export function encodeGeneralNames({ rfc822Names }: GeneralNames): Der {
  return sequence(
    ...rfc822Names.map(name => contextPrimitive(rfc822NameTag, textEncoder.encode(checkedMailbox(name)))),
  );
}

/** Reads GeneralNames that hold mailboxes only. Throws derMalformed for any other kind. */
export function decodeGeneralNames(der: Uint8Array): GeneralNames {
  const names = childrenOf(expectTag(readDer(der), 16));
  if (names.length === 0) throw new PkiError('derMalformed', { what: 'GeneralNames without names' });
  return { rfc822Names: names.map(node => ia5Of(node, rfc822NameTag)) };
}

/** One GeneralName of the choice uniformResourceIdentifier. */
export function uriName(uri: string): Der {
  if (!/^[\x21-\x7e]+$/.test(uri)) throw new PkiError('nameCharacters', { type: 'uniformResourceIdentifier' });
  return contextPrimitive(uriTag, textEncoder.encode(uri));
}

/** The text of a GeneralName that must be a uniformResourceIdentifier. Throws derMalformed. */
export function readUriName(node: DerNode | undefined): string {
  return ia5Of(node, uriTag);
}

function checkedMailbox(name: string): string {
  if (name.length > 255) throw new PkiError('nameTooLong', { type: 'rfc822Name', limit: 255, length: name.length });
  if (!mailbox.test(name)) throw new PkiError('nameCharacters', { type: 'rfc822Name' });
  return name;
}

function ia5Of(node: DerNode | undefined, tagNumber: number): string {
  const fits = node?.tagClass === 'context' && node.tagNumber === tagNumber && !node.constructed;
  if (!fits || node.content.length === 0 || node.content.some(octet => octet > 0x7e || octet < 0x20)) {
    throw new PkiError('derMalformed', { what: 'a GeneralName of another kind' });
  }
  return textDecoder.decode(node.content);
}
