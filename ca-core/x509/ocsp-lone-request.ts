/**
 * The two requests that nearly all clients make, found without a tree and without a copy: one CertID, with a nonce or
 * without. Whatever else there is in a request is left to the strict reader in ocsp-request.ts.
 */
import { oid } from './der.ts';
import { oids } from './oids.ts';

const sequence = 0x30;
const octetString = 0x04;

/**
 * The CertID of a request that holds nothing else: one CertID, no extension, no requestor name, no signature. Undefined
 * for any other input. It looks at five lengths and allocates one view; the CertID itself is not read.
 */
export function loneCertId(request: Uint8Array): Uint8Array | undefined {
  let at = 0;
  for (let depth = 0; depth < 4; depth++) {
    at = wholeSequenceContent(request, at);
    if (at === 0) return undefined;
  }
  return wholeSequenceContent(request, at) === 0 ? undefined : request.subarray(at);
}

/** One CertID and a nonce (RFC 9654 §2.1) that is not critical; nothing else. */
export interface LoneNonceRequest {
  readonly certId: Uint8Array;
  /** 1 to 128 octets. */
  readonly nonce: Uint8Array;
}

/** Undefined for any other input; the CertID itself is not read here either. */
export function loneNonceRequest(request: Uint8Array): LoneNonceRequest | undefined {
  const { length } = request;
  const list = contentOf(request, contentOf(request, 0, length), length);
  const listLength = request[list + 1] ?? 0x80;
  const listEnd = list + 2 + listLength;
  if (list === 0 || request[list] !== sequence || listLength >= 0x80) return undefined;
  const certId = contentOf(request, list + 2, listEnd);
  if (certId === 0 || contentOf(request, certId, listEnd) === 0) return undefined;
  const nonce = nonceFrom(request, listEnd);
  return nonce === 0 ? undefined : { certId: request.subarray(certId, listEnd), nonce: request.subarray(nonce) };
}

const nonceType = oid(oids.ocspNonce);

/** Where the octets of the nonce start that are the last thing in `[2] { Extensions }` at `start`; 0 for anything else. */
function nonceFrom(request: Uint8Array, start: number): number {
  const { length } = request;
  const extension = wrapped(request, start, [0xa2, sequence, sequence]);
  if (extension === 0) return 0;
  for (let index = 0; index < nonceType.length; index++) if (request[extension + index] !== nonceType[index]) return 0;
  const nonce = wrapped(request, extension + nonceType.length, [octetString, octetString]);
  return nonce !== 0 && length - nonce >= 1 && length - nonce <= 128 ? nonce : 0;
}

/** Where the innermost content starts of TLVs in each other that all end with the input; 0 when there are none such. */
function wrapped(input: Uint8Array, start: number, identifiers: readonly number[]): number {
  let at = start;
  for (const identifier of identifiers) {
    at = contentOf(input, at, input.length, identifier);
    if (at === 0) return 0;
  }
  return at;
}

/** Where the content of a SEQUENCE starts that begins at `at` and ends with the input; 0 when there is none such. */
export function wholeSequenceContent(input: Uint8Array, at: number): number {
  return contentOf(input, at, input.length);
}

/** Where the content of a TLV starts that goes from `at` to `end`; 0 when there is none such. */
function contentOf(input: Uint8Array, at: number, end: number, identifier = sequence): number {
  if (input[at] !== identifier) return 0;
  const first = input[at + 1] ?? 0xff;
  if (first < 0x80) return at + 2 + first === end ? at + 2 : 0;
  const second = input[at + 2] ?? 0;
  if (first === 0x81) return second >= 0x80 && at + 3 + second === end ? at + 3 : 0;
  const both = second * 256 + (input[at + 3] ?? 0);
  return first === 0x82 && both >= 0x100 && at + 4 + both === end ? at + 4 : 0;
}
