/** pkcs11: URIs (RFC 7512), as far as they can say where a CA's keys are. */
import { PkiError } from '../errors.ts';

/** Which token; every part that is given must be equal to the token's own. */
export interface TokenName {
  readonly label?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
}

/** Where keys are on PKCS#11. */
export interface Pkcs11Location {
  /** Absolute path of the PKCS#11 library. */
  readonly module: string;
  readonly token: TokenName;
  /** The file that holds the user PIN. */
  readonly pinFile: string;
  /** Only the key of this CKA_LABEL. */
  readonly object?: string;
  /** Only the key of this CKA_ID, hex. */
  readonly id?: string;
}

const tokenParts = { token: 'label', serial: 'serial', manufacturer: 'manufacturer', model: 'model' } as const;
const pathNames = new Set([...Object.keys(tokenParts), 'object', 'id', 'type']);
const queryNames = new Set(['module-path', 'pin-source']);

/** RFC 7512 §2.3: what a value may hold unescaped in the path; in the query also `/`, `?` and `|`. */
const pathValue = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})*$/;
const queryValue = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=/?|]|%[0-9A-Fa-f]{2})*$/;

/**
 * Reads such as `pkcs11:token=kakuin?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/kakuin/pin`. An
 * attribute that would not be heeded is a mistake, never passed over: it could have meant another token. Throws
 * settingsInvalid with every mistake at once.
 */
export function readPkcs11Uri(uri: string): Pkcs11Location {
  const mistakes: string[] = [];
  const [, path = '', query = ''] = /^pkcs11:([^?]*)(?:\?(.*))?$/s.exec(uri) ?? [];
  if (!uri.startsWith('pkcs11:')) mistakes.push('a pkcs11 URI begins with "pkcs11:"');
  const named = attributesOf(path.split(';'), { names: pathNames, value: pathValue, mistakes });
  const asked = attributesOf(query.split('&'), { names: queryNames, value: queryValue, mistakes });
  const id = named.get('id');
  const location = {
    module: textOf(asked.get('module-path')),
    token: tokenNameOf(named),
    pinFile: textOf(asked.get('pin-source')).replace(/^file:(?:\/\/(?=\/))?/, ''),
    ...(named.has('object') ? { object: textOf(named.get('object')) } : {}),
    ...(id === undefined ? {} : { id: id.toString('hex') }),
  };
  mistakes.push(...missing(location, textOf(named.get('type'))));
  if (mistakes.length > 0) throw new PkiError('settingsInvalid', { mistakes });
  return location;
}

interface Grammar {
  readonly names: ReadonlySet<string>;
  readonly value: RegExp;
  readonly mistakes: string[];
}

/** Octets, since an id need not be text. */
function attributesOf(parts: readonly string[], { names, value, mistakes }: Grammar): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const part of parts.filter(one => one !== '')) {
    const [name = '', text] = [part.split('=')[0], part.split('=').slice(1).join('=')];
    if (name === 'pin-value') mistakes.push('pin-value would put the PIN into a setting: use pin-source=file:…');
    else if (!names.has(name)) mistakes.push(`the attribute "${name}" is not heeded here, so it may not stand here`);
    else if (found.has(name)) mistakes.push(`the attribute "${name}" stands twice`);
    else if (!value.test(text)) mistakes.push(`the value of "${name}" is not encoded as RFC 7512 wants it`);
    found.set(name, octetsOf(text));
  }
  return found;
}

/** Percent escapes stand for octets; what is not ASCII has been refused before. */
function octetsOf(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

const textOf = (octets: Buffer | undefined): string => octets?.toString('utf8') ?? '';

function tokenNameOf(named: ReadonlyMap<string, Buffer>): TokenName {
  const parts = Object.entries(tokenParts).filter(([name]) => named.has(name));
  return Object.fromEntries(parts.map(([name, part]) => [part, textOf(named.get(name))]));
}

function missing({ module, token, pinFile }: Pkcs11Location, type: string): string[] {
  return [
    token.label || token.serial ? [] : ['token= or serial= must say which token'],
    module.startsWith('/') ? [] : ['module-path= must be the absolute path of the PKCS#11 library'],
    pinFile.startsWith('/') ? [] : ['pin-source=file: must be the absolute path of the file that holds the PIN'],
    type === '' || type === 'private' ? [] : ['type= can only be private'],
  ].flat();
}
