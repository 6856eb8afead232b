/**
 * The one-time code that brings an issuing station onto the roll. The portal learns its hash, by which it finds the
 * invitation; the key of the MAC that the console checks comes from the code, too, and never reaches the portal.
 */
import { createHash } from 'node:crypto';
import { drawPickUpSecret, readPickUpSecret } from './delivery/pick-up-secret.ts';
import { PkiError } from './errors.ts';

export interface PairingCode {
  /** As people type it: seven groups of four symbols, 135 random bits and a check symbol. */
  readonly code: string;
  /** UUID made of SHA-256 over the code: whoever names it has the code. */
  readonly invitationId: string;
  /** 32 octets for enrolment-mac.ts. */
  readonly secret: Uint8Array;
}

export const drawPairingCode = (): PairingCode => readPairingCode(drawPickUpSecret());

/** However it was typed. Throws pairingCodeMistyped. */
export function readPairingCode(typed: string): PairingCode {
  const symbols = symbolsIn(typed);
  const code = symbols.replace(/.{4}(?=.)/g, '$&-');
  return { code, invitationId: uuidOf(hashOf('id', symbols)), secret: hashOf('secret', symbols) };
}

function symbolsIn(typed: string): string {
  try {
    return readPickUpSecret(typed);
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('pairingCodeMistyped');
    throw error;
  }
}

const hashOf = (what: 'id' | 'secret', symbols: string): Buffer =>
  createHash('sha256').update(`kakuin/pairing-${what}/v1 ${symbols}`, 'utf8').digest();

const uuidOf = (hash: Buffer): string =>
  hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
