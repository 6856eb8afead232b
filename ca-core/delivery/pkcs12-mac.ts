/** The integrity of a PKCS#12: HMAC-SHA-256 under a key from the password (RFC 7292 §4, appendix B). */
import { concat, integer, nullValue, octetString, oid, sequence, type Der } from '../x509/der.ts';

const sha256 = '2.16.840.1.101.3.4.2.1';
const blockOctets = 64;
const macKeyPurpose = 3;

export interface MacParameters {
  /** ASCII. */
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** MacData over the content octets of the authenticated safe. */
export async function encodeMac(authenticatedSafe: Uint8Array, parameters: MacParameters): Promise<Der> {
  const key = await crypto.subtle.importKey('raw', await macKey(parameters), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, concat(authenticatedSafe)));
  return encodeMacData(mac, sha256, parameters);
}

/** MacData (RFC 7292 §4) from a MAC that is made already, and the OID of its hash. */
export function encodeMacData(mac: Uint8Array, hash: string, { salt, iterations }: MacParameters): Der {
  const digestInfo = sequence(sequence(oid(hash), nullValue()), octetString(mac));
  return sequence(digestInfo, octetString(salt), integer(iterations));
}

/** Null-terminated, two octets a character (appendix B.1). ASCII only. */
export function bmpPassword(password: string): Uint8Array {
  return Uint8Array.from(Array.from(`${password}\0`).flatMap(character => [0, character.charCodeAt(0)]));
}

/** Appendix B.2 with SHA-256, whose 32 octets are the whole key: A₁ = H^iterations(D ‖ S ‖ P). */
async function macKey({ password, salt, iterations }: MacParameters): Promise<Uint8Array<ArrayBuffer>> {
  const diversifier = new Uint8Array(blockOctets).fill(macKeyPurpose);
  let state = concat(diversifier, repeated(salt), repeated(bmpPassword(password)));
  for (let round = 0; round < iterations; round++) {
    state = new Uint8Array(await crypto.subtle.digest('SHA-256', state));
  }
  return state;
}

/** Copies laid end to end until whole blocks of 64 octets are filled; nothing stays nothing. */
export function repeated(bytes: Uint8Array): Uint8Array {
  const length = blockOctets * Math.ceil(bytes.length / blockOctets);
  return Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length] ?? 0);
}
