/** OCSPResponse (RFC 6960 §4.2) through the small writer. Times are GeneralizedTime in whole seconds (§4.2.2.1). */
import type { UnixTime } from '../clock.ts';
import { crlReasons, type CrlReason } from './crl-entries.ts';
import {
  contextPrimitive,
  enumerated,
  explicit,
  generalizedTime,
  implicit,
  nullValue,
  octetString,
  oid,
  sequence,
  type Der,
} from './der.ts';
import { oids } from './oids.ts';
import { signatureAlgorithmDer, type SignatureAlgorithm } from './signed.ts';

export type CertStatus =
  | { readonly status: 'good' }
  | {
      readonly status: 'revoked';
      readonly revokedAt: UnixTime;
      readonly reason: CrlReason | null;
      /** Told as the CRL entry extension that it is (§4.4.5). */
      readonly invalidityDate?: UnixTime | null;
    }
  | { readonly status: 'unknown' };

export interface SingleResponse {
  /** DER of the CertID, as it was asked. */
  readonly certId: Uint8Array;
  readonly status: CertStatus;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  /** From when on expired certificates are still answered for (§4.4.4); left out where the certificate has not expired. */
  readonly archiveCutoff?: UnixTime | null;
}

/** ResponderID (§4.2.2.3): the DER Name of the signer, or the SHA-1 of its public key bits (20 octets). */
export type ResponderId = { readonly byName: Uint8Array } | { readonly byKey: Uint8Array };

export interface ResponseDataInput {
  readonly responderId: ResponderId;
  readonly producedAt: UnixTime;
  readonly responses: readonly SingleResponse[];
  readonly nonce: Uint8Array | null;
  /** Set where a certificate that was never issued is told as revoked (§2.2, §4.4.8). */
  readonly extendedRevoke?: 'extendedRevoke' | null;
}

/** OCSPResponseStatus (§4.2.1); 4 is not used. */
const responseStatuses = {
  successful: 0,
  malformedRequest: 1,
  internalError: 2,
  tryLater: 3,
  sigRequired: 5,
  unauthorized: 6,
} as const;
export type OcspResponseStatus = keyof typeof responseStatuses;
/** The answers that carry no signature (§2.3). */
export type OcspErrorStatus = Exclude<OcspResponseStatus, 'successful'>;

const good = contextPrimitive(0, new Uint8Array(0));
const unknown = contextPrimitive(2, new Uint8Array(0));
const basicType = oid(oids.ocspBasic);
const nonceType = oid(oids.ocspNonce);
const archiveCutoffType = oid(oids.ocspArchiveCutoff);
const invalidityDateType = oid(oids.invalidityDate);
/** The few times that many answers tell at once, each written once. */
const times = new Map<UnixTime, Der>();

function timeOf(at: UnixTime): Der {
  const known = times.get(at);
  if (known !== undefined) return known;
  if (times.size >= 256) times.clear();
  const der = generalizedTime(at);
  times.set(at, der);
  return der;
}

const extendedRevokeExtension = sequence(oid(oids.ocspExtendedRevoke), octetString(nullValue()));

/** ResponseData, version 1 (§4.2.1). */
export function encodeResponseData(input: ResponseDataInput): Der {
  const { responderId, producedAt, responses, nonce } = input;
  const extensions = [
    ...(nonce === null ? [] : [sequence(nonceType, octetString(octetString(nonce)))]),
    ...(input.extendedRevoke === 'extendedRevoke' ? [extendedRevokeExtension] : []),
  ];
  return sequence(
    'byKey' in responderId ? explicit(2, octetString(responderId.byKey)) : explicit(1, responderId.byName),
    timeOf(producedAt),
    sequence(...responses.map(encodeSingleResponse)),
    ...(extensions.length === 0 ? [] : [explicit(1, sequence(...extensions))]),
  );
}

/** What every answer of one signer ends with: how it signs, and its certificates as `[0]`, nothing where there are none. */
export interface ResponseTail {
  readonly signatureAlgorithm: Der;
  readonly certificates: Der;
}

export function responseTail(algorithm: SignatureAlgorithm, certificates: readonly Uint8Array[]): ResponseTail {
  return {
    signatureAlgorithm: signatureAlgorithmDer(algorithm),
    certificates: certificates.length === 0 ? new Uint8Array(0) : explicit(0, sequence(...certificates)),
  };
}

/** A whole successful OCSPResponse from its parts, in one buffer: this is done for each answer that goes out. */
export function encodeSignedResponse(
  { responseData, signature }: { readonly responseData: Uint8Array; readonly signature: Uint8Array },
  { signatureAlgorithm, certificates }: ResponseTail,
): Buffer {
  const bits = signature.length + 1;
  const basic = responseData.length + signatureAlgorithm.length + whole(bits) + certificates.length;
  const bytes = basicType.length + whole(whole(basic));
  const response = successful.length + whole(whole(bytes));
  const answer = Buffer.allocUnsafe(whole(response));
  let at = writeHead(answer, 0, [0x30, response]);
  at = writePart(answer, at, successful);
  at = writeHead(answer, at, [0xa0, whole(bytes)]);
  at = writeHead(answer, at, [0x30, bytes]);
  at = writePart(answer, at, basicType);
  at = writeHead(answer, at, [0x04, whole(basic)]);
  at = writeHead(answer, at, [0x30, basic]);
  at = writePart(answer, at, responseData);
  at = writePart(answer, at, signatureAlgorithm);
  at = writeHead(answer, at, [0x03, bits]);
  answer[at++] = 0;
  at = writePart(answer, at, signature);
  writePart(answer, at, certificates);
  return answer;
}

/** An OCSPResponse without an answer (§2.3). */
export function encodeOcspRefusal(status: OcspErrorStatus): Der {
  return sequence(enumerated(responseStatuses[status]));
}

const successful = enumerated(responseStatuses.successful);

/** Length of a TLV around so many content octets, up to 65,535. */
function whole(content: number): number {
  return content + (content < 0x80 ? 2 : content < 0x100 ? 3 : 4);
}

function writeHead(answer: Buffer, start: number, [identifier, length]: readonly [number, number]): number {
  let at = start;
  answer[at++] = identifier;
  if (length >= 0x100) {
    answer[at++] = 0x82;
    answer[at++] = length >> 8;
  } else if (length >= 0x80) {
    answer[at++] = 0x81;
  }
  answer[at++] = length & 0xff;
  return at;
}

function writePart(answer: Buffer, at: number, part: Uint8Array): number {
  answer.set(part, at);
  return at + part.length;
}

function encodeSingleResponse(response: SingleResponse): Der {
  const { certId, status, thisUpdate, nextUpdate } = response;
  const extensions = singleExtensions(response);
  return sequence(
    certId,
    encodeStatus(status),
    timeOf(thisUpdate),
    explicit(0, timeOf(nextUpdate)),
    ...(extensions.length === 0 ? [] : [explicit(1, sequence(...extensions))]),
  );
}

function singleExtensions({ status, archiveCutoff = null }: SingleResponse): Der[] {
  const invalidityDate = status.status === 'revoked' ? (status.invalidityDate ?? null) : null;
  const times: [Der, UnixTime | null][] = [
    [archiveCutoffType, archiveCutoff],
    [invalidityDateType, invalidityDate],
  ];
  return times.flatMap(([type, at]) => (at === null ? [] : [sequence(type, octetString(timeOf(at)))]));
}

/** certStatus (§4.2.1): IMPLICIT tags; a reason `unspecified` is left out, as in the CRL. */
function encodeStatus(status: CertStatus): Der {
  switch (status.status) {
    case 'good':
      return good;
    case 'unknown':
      return unknown;
    case 'revoked': {
      const { revokedAt, reason } = status;
      const stated = reason === null || reason === 'unspecified' ? [] : [explicit(0, enumerated(crlReasons[reason]))];
      return implicit(1, sequence(timeOf(revokedAt), ...stated));
    }
  }
}
