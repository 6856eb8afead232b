/** PKCS#12 (RFC 7292), password integrity and privacy mode, with algorithms that OpenSSL 3, Windows, macOS and NSS read. */
import { PkiError } from '../errors.ts';
import { explicit, implicit, integer, octetString, oid, sequence, set, tlv, type Der } from '../x509/der.ts';
import { encryptUnder, type Encrypted } from './pbes2.ts';
import { encodeMac, type MacParameters } from './pkcs12-mac.ts';

export { newPassword } from './password.ts';

export interface Pkcs12Content {
  /** DER PrivateKeyInfo (PKCS#8), not encrypted. */
  readonly privateKey: Uint8Array;
  /** The certificate of that key. */
  readonly certificate: Uint8Array;
  /** The CAs above it. */
  readonly chain: readonly Uint8Array[];
  /** What certificate stores show. Characters of the basic plane only (BMPString). */
  readonly friendlyName: string;
  /** Printable ASCII: at least 112 bits of randomness (see newPassword), or a person's own PIN with pinIterations. */
  readonly password: string;
  /** Of every key derivation; for a random password as few as every reader takes quickly, where nothing is said. */
  readonly iterations?: number;
}

/** Which algorithms protect it. What is not said here is the same for all. */
export interface Pkcs12Form {
  readonly encrypt: (password: string, plaintext: Uint8Array, iterations: number) => Promise<Encrypted>;
  /** MacData over the content octets of the authenticated safe. */
  readonly mac: (authenticatedSafe: Uint8Array, parameters: MacParameters) => Promise<Der>;
}

/** PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256, HMAC-SHA-256 over the whole. */
export const usualForm: Pkcs12Form = { encrypt: encryptUnder, mac: encodeMac };

const ids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  pkcs8ShroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
};

/** Iterations strengthen weak passwords only: a random one needs no more than this. */
const fewIterations = 2048;
/** For a PIN that a person chose. */
export const pinIterations = 100_000;
const shortestRandom = 20;
const shortestPin = 6;
const bmpStringTag = 0x1e;

/**
 * DER of a PFX: certificates and key each encrypted, the whole under a MAC. Key and certificate carry the same localKeyId
 * and the friendlyName. Throws fieldInvalid {field: password | friendlyName}.
 */
export async function encodePkcs12(
  content: Pkcs12Content,
  form: Pkcs12Form = usualForm,
): Promise<Uint8Array<ArrayBuffer>> {
  const { privateKey, certificate, chain, friendlyName, password, iterations = fewIterations } = content;
  const shortest = iterations >= pinIterations ? shortestPin : shortestRandom;
  if (!/^[\x21-\x7e]+$/.test(password) || password.length < shortest) {
    throw new PkiError('fieldInvalid', { field: 'password' });
  }
  const encrypt = (plaintext: Uint8Array): Promise<Encrypted> => form.encrypt(password, plaintext, iterations);
  const attributes = await bagAttributes(certificate, friendlyName);
  const certificates = sequence(certBag(certificate, attributes), ...chain.map(der => certBag(der)));
  const [encryptedKey, encryptedCertificates] = await Promise.all([encrypt(privateKey), encrypt(certificates)]);
  const keys = sequence(keyBag(encryptedKey, attributes));
  const authenticatedSafe = sequence(encryptedContent(encryptedCertificates), plainContent(keys));
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const mac = await form.mac(authenticatedSafe, { password, salt, iterations });
  return sequence(integer(3), plainContent(authenticatedSafe), mac);
}

/** SET OF PKCS12Attribute; the localKeyId that joins key and certificate is the certificate's SHA-256. */
async function bagAttributes(certificate: Uint8Array, friendlyName: string): Promise<Der> {
  const localKeyId = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(certificate)));
  return set(
    sequence(oid(ids.friendlyName), set(bmpString(friendlyName))),
    sequence(oid(ids.localKeyId), set(octetString(localKeyId))),
  );
}

function certBag(certificate: Uint8Array, attributes?: Der): Der {
  const value = sequence(oid(ids.x509Certificate), explicit(0, octetString(certificate)));
  return sequence(oid(ids.certBag), explicit(0, value), ...(attributes === undefined ? [] : [attributes]));
}

function keyBag({ algorithm, ciphertext }: Encrypted, attributes: Der): Der {
  const encryptedPrivateKeyInfo = sequence(algorithm, octetString(ciphertext));
  return sequence(oid(ids.pkcs8ShroudedKeyBag), explicit(0, encryptedPrivateKeyInfo), attributes);
}

function plainContent(content: Der): Der {
  return sequence(oid(ids.data), explicit(0, octetString(content)));
}

function encryptedContent({ algorithm, ciphertext }: Encrypted): Der {
  const encryptedContentInfo = sequence(oid(ids.data), algorithm, implicit(0, octetString(ciphertext)));
  return sequence(oid(ids.encryptedData), explicit(0, sequence(integer(0), encryptedContentInfo)));
}

/** Two octets a character, big-endian: code points beyond the basic plane have no form. */
function bmpString(text: string): Der {
  if (/[\p{Cc}\p{Cs}\u{10000}-\u{10ffff}]/u.test(text)) {
    throw new PkiError('fieldInvalid', { field: 'friendlyName' });
  }
  const octets = Array.from(text, character => character.charCodeAt(0)).flatMap(unit => [unit >> 8, unit & 0xff]);
  return tlv(bmpStringTag, Uint8Array.from(octets));
}
