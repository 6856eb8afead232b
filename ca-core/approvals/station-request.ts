/**
 * The PKCS#10 of a key that was made on a token after two officers had approved that it would be: the issuing station
 * that the approved case names hands it in, signed with its key on the roll (design §1).
 */
import { createPublicKey, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import { PkiError } from '../errors.ts';
import { readBy, z } from '../schema.ts';
import { fromHex, type Der } from '../x509/der.ts';
import { digestHex, hexBytes, shortText } from './document-parts.ts';
import type { RollDocument, SubjectKey } from './documents.ts';

/** What a station states, as canonical JSON (RFC 8785). */
export const stationStatement = z.strictObject({
  kind: z.literal('stationRequest'),
  version: z.literal(1),
  ca: digestHex,
  /** Of the case that the officers approved. */
  caseDigest: digestHex,
  tokenSerial: shortText,
  /** DER, hex. */
  certificationRequest: hexBytes.max(32_768),
});
export type StationStatement = z.infer<typeof stationStatement>;

/** A statement and its signature: ECDSA on P-256 with SHA-256 (Ecdsa-Sig-Value, hex) over the octets of the text. */
export const signedStatement = z.strictObject({ statement: z.string().max(40_000), signature: hexBytes.max(512) });
export type StationRequest = z.infer<typeof signedStatement>;

/** The octets that a station signs. */
export function encodeStationStatement(statement: StationStatement): string {
  return canonicalize(statement) ?? '';
}

export interface StationRequestGround {
  readonly ca: string;
  readonly caseDigest: string;
  readonly subjectKey: SubjectKey & { readonly from: 'station' };
  readonly roll: RollDocument;
}

/**
 * DER of the PKCS#10, once the very station signed that it is for this case and token. Its own signature is not looked
 * at. Throws documentMalformed, digestMismatch {what}, approverUnknown {member}, csrSignatureInvalid {reason: station}.
 */
export function checkStationRequest(value: unknown, ground: StationRequestGround): Der {
  const { statement: text, signature } = readBy<StationRequest>(signedStatement, value, 'documentMalformed');
  const statement = readStatement(text);
  const { ca, caseDigest, subjectKey } = ground;
  if (statement.ca !== ca || statement.caseDigest !== caseDigest) throw mismatch('case');
  if (statement.tokenSerial !== subjectKey.tokenSerial) throw mismatch('tokenSerial');
  if (!isSignedByStation(text, signature, ground)) throw new PkiError('csrSignatureInvalid', { reason: 'station' });
  return fromHex(statement.certificationRequest);
}

function readStatement(text: string): StationStatement {
  const statement = readBy<StationStatement>(stationStatement, jsonIn(text), 'documentMalformed');
  if (encodeStationStatement(statement) !== text)
    throw new PkiError('documentMalformed', { mistakes: ['not canonical'] });
  return statement;
}

/** Undefined for what is no JSON. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSignedByStation(text: string, signature: string, { roll, subjectKey }: StationRequestGround): boolean {
  const station = roll.members.find(({ id, role }) => role === 'station' && id === subjectKey.station);
  if (station === undefined) throw new PkiError('approverUnknown', { member: subjectKey.station });
  return station.credentials.some(({ publicKey }) => {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'hex'), format: 'der', type: 'spki' });
    return verify('sha256', Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'hex'));
  });
}

const mismatch = (what: string): PkiError => new PkiError('digestMismatch', { what });
