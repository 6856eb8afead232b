/** WebAuthn assertions (W3C Web Authentication, §7.2), verified by the CA core itself. */
import { createHash, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { PkiError } from '../errors.ts';

/** What an authenticator answered; every part base64url without padding, as the browser's JSON form has it. */
export interface Assertion {
  readonly credentialId: string;
  readonly clientDataJson: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

/** Whose credentials count: the RP ID (a host name) and the one origin that may ask for them (`scheme://host[:port]`). */
export interface RelyingParty {
  readonly rpId: string;
  readonly origin: string;
}

/** Why an assertion was refused: `values.reason` of assertionInvalid. */
export type AssertionFault =
  | 'encoding'
  | 'type'
  | 'challenge'
  | 'origin'
  | 'crossOrigin'
  | 'authenticatorData'
  | 'rpId'
  | 'userPresence'
  | 'userVerification'
  | 'key'
  | 'signature'
  | 'expiry';

export interface AssertionCheck {
  readonly assertion: Assertion;
  /** DER SubjectPublicKeyInfo of the credential, hex. */
  readonly publicKey: string;
  readonly challenge: Uint8Array;
  readonly relyingParty: RelyingParty;
}

/** Holds if the credential's owner, verified by the authenticator, answered this challenge at this origin. Throws assertionInvalid {reason}. */
export function verifyAssertion({ assertion, publicKey, challenge, relyingParty }: AssertionCheck): void {
  const clientDataJson = decodeBase64url(assertion.clientDataJson);
  const authenticatorData = decodeBase64url(assertion.authenticatorData);
  checkClientData(clientDataJson, challenge, relyingParty.origin);
  checkAuthenticatorData(authenticatorData, relyingParty.rpId);
  const signed = Buffer.concat([authenticatorData, sha256(clientDataJson)]);
  checkSignature(publicKey, signed, decodeBase64url(assertion.signature));
}

/** Reads an assertion out of JSON, from a browser or a row. Throws assertionInvalid {reason: 'encoding'}. */
export function readAssertion(value: unknown): Assertion {
  if (typeof value !== 'object' || value === null) throw refused('encoding');
  const { credentialId, clientDataJson, authenticatorData, signature } = value as Record<string, unknown>;
  return {
    credentialId: base64urlText(credentialId),
    clientDataJson: base64urlText(clientDataJson),
    authenticatorData: base64urlText(authenticatorData),
    signature: base64urlText(signature),
  };
}

/** Throws assertionInvalid {reason: 'key'} unless the SPKI (hex DER) is P-256, RSA of 2048 to 8192 bits or Ed25519. */
export function checkCredentialKey(publicKey: string): void {
  keyOf(publicKey);
}

export function refused(reason: AssertionFault): PkiError {
  return new PkiError('assertionInvalid', { reason });
}

/** Browsers' client data is some 200 octets, signatures at most 1024: anything far above is no assertion. */
const longestPart = 8192;

function base64urlText(value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > longestPart) throw refused('encoding');
  decodeBase64url(value);
  return value;
}

/** Only the one canonical spelling: no padding, no foreign characters, no stray bits at the end. */
function decodeBase64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw refused('encoding');
  return bytes;
}

function checkClientData(bytes: Buffer, challenge: Uint8Array, origin: string): void {
  const clientData = readClientData(bytes);
  if (clientData['type'] !== 'webauthn.get') throw refused('type');
  const expected = Buffer.from(Buffer.from(challenge).toString('base64url'));
  const found = Buffer.from(String(clientData['challenge']));
  if (found.length !== expected.length || !timingSafeEqual(found, expected)) throw refused('challenge');
  if (clientData['origin'] !== origin) throw refused('origin');
  const { crossOrigin, topOrigin } = clientData;
  if ((crossOrigin !== undefined && crossOrigin !== false) || topOrigin !== undefined) throw refused('crossOrigin');
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function readClientData(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Not UTF-8 or not JSON: refused below like every other wrong form.
  }
  throw refused('encoding');
}

/** Bits of the flags octet, WebAuthn §6.1. */
const flags = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backedUp: 0x10,
  attested: 0x40,
  extended: 0x80,
};

/** rpIdHash (32) ‖ flags (1) ‖ signCount (4) ‖ attested credential data and extensions only where the flags announce them. */
const shortestData = 37;

function checkAuthenticatorData(bytes: Buffer, rpId: string): void {
  const octet = bytes[32];
  if (octet === undefined || bytes.length < shortestData) throw refused('authenticatorData');
  if (bytes.length > shortestData && (octet & (flags.attested | flags.extended)) === 0)
    throw refused('authenticatorData');
  if ((octet & flags.backedUp) !== 0 && (octet & flags.backupEligible) === 0) throw refused('authenticatorData');
  if (!bytes.subarray(0, 32).equals(sha256(rpId))) throw refused('rpId');
  if ((octet & flags.userPresent) === 0) throw refused('userPresence');
  if ((octet & flags.userVerified) === 0) throw refused('userVerification');
}

function checkSignature(publicKey: string, signed: Buffer, signature: Buffer): void {
  const key = keyOf(publicKey);
  const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  if (!verify(hash, signed, key, signature)) throw refused('signature');
}

/** A few hundred credentials sign everything, and reading a key costs more than verifying with it. */
const keys = new Map<string, KeyObject>();
const mostKeys = 4096;

function keyOf(publicKey: string): KeyObject {
  const known = keys.get(publicKey);
  if (known !== undefined) return known;
  const key = readKey(publicKey);
  if (keys.size >= mostKeys) keys.clear();
  keys.set(publicKey, key);
  return key;
}

function readKey(publicKey: string): KeyObject {
  const der = Buffer.from(publicKey, 'hex');
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw refused('key');
  }
  // OpenSSL reads past trailing bytes; the same key must not exist in two spellings.
  const oneSpelling = key.export({ format: 'der', type: 'spki' }).toString('hex') === publicKey;
  if (!oneSpelling || !isAcceptable(key)) throw refused('key');
  return key;
}

/** ES256, RS256 and EdDSA as browsers offer them (COSE -7, -257, -8). */
function isAcceptable(key: KeyObject): boolean {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1';
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= 2048 && modulusLength <= 8192;
  return key.asymmetricKeyType === 'ed25519';
}

function sha256(value: Uint8Array | string): Buffer {
  return createHash('sha256').update(value).digest();
}
