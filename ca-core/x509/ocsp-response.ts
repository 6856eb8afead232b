/** OCSPResponse (RFC 6960 §4.2) through the small writer. Times are GeneralizedTime in whole seconds (§4.2.2.1). */
import type { UnixTime } from '../clock.ts';
import { crlReasons, type CrlReason } from './crl-entries.ts';
import {
  bitString,
  contextPrimitive,
  enumerated,
  explicit,
  generalizedTime,
  implicit,
  octetString,
  oid,
  sequence,
  type Der,
} from './der.ts';
import { oids } from './oids.ts';
import { signatureAlgorithmDer, signatureOver, type SigningKey } from './signed.ts';

export type CertStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAt: UnixTime; readonly reason: CrlReason | null }
  | { readonly status: 'unknown' };

export interface SingleResponse {
  /** DER of the CertID, as it was asked. */
  readonly certId: Uint8Array;
  readonly status: CertStatus;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
}

export interface ResponseDataInput {
  /** SHA-1 of the signer's public key bits: 20 octets (§4.2.1, ResponderID byKey). */
  readonly responderKeyHash: Uint8Array;
  readonly producedAt: UnixTime;
  readonly responses: readonly SingleResponse[];
  readonly nonce: Uint8Array | null;
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

/** ResponseData with ResponderID byKey, version 1. */
export function encodeResponseData({ responderKeyHash, producedAt, responses, nonce }: ResponseDataInput): Der {
  return sequence(
    explicit(2, octetString(responderKeyHash)),
    generalizedTime(producedAt),
    sequence(...responses.map(encodeSingleResponse)),
    ...(nonce === null ? [] : [explicit(1, sequence(sequence(nonceType, octetString(octetString(nonce)))))]),
  );
}

/** BasicOCSPResponse from its parts; `signature` is over `responseData`, `certificates` are the signer's. */
export function encodeBasicResponse(parts: {
  readonly responseData: Der;
  readonly signatureAlgorithm: Der;
  readonly signature: Uint8Array;
  readonly certificates: readonly Uint8Array[];
}): Der {
  const certificates = explicit(0, sequence(...parts.certificates));
  return sequence(parts.responseData, parts.signatureAlgorithm, bitString(parts.signature), certificates);
}

/** A whole successful OCSPResponse, signed. Throws signerUnfit when the signature does not verify. */
export async function signOcspResponse(
  responseData: Der,
  key: SigningKey,
  certificates: readonly Uint8Array[],
): Promise<Der> {
  const signature = await signatureOver(responseData, key);
  const signatureAlgorithm = signatureAlgorithmDer(key.algorithm);
  return encodeOcspResponse(
    'successful',
    encodeBasicResponse({ responseData, signatureAlgorithm, signature, certificates }),
  );
}

/** OCSPResponse: a status, and the basic response where the status is `successful`. */
export function encodeOcspResponse(status: 'successful', basicResponse: Der): Der;
export function encodeOcspResponse(status: OcspErrorStatus): Der;
export function encodeOcspResponse(status: OcspResponseStatus, basicResponse?: Der): Der {
  const code = enumerated(responseStatuses[status]);
  if (basicResponse === undefined) return sequence(code);
  return sequence(code, explicit(0, sequence(basicType, octetString(basicResponse))));
}

function encodeSingleResponse({ certId, status, thisUpdate, nextUpdate }: SingleResponse): Der {
  return sequence(certId, encodeStatus(status), generalizedTime(thisUpdate), explicit(0, generalizedTime(nextUpdate)));
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
      return implicit(1, sequence(generalizedTime(revokedAt), ...stated));
    }
  }
}
