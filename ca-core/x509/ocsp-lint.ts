/** The rules a ResponseData is held to before anybody else may see it (RFC 6960 §2.4, §4.2; RFC 9654 §2.1). */
import type { UnixTime } from '../clock.ts';
import { PkiError, type Violation } from '../errors.ts';
import { equalBytes } from './der.ts';
import {
  childrenOf,
  expectTag,
  readBoolean,
  readDer,
  readEnumerated,
  readOctets,
  readOid,
  readTime,
  type DerNode,
} from './der-reader.ts';
import type { ResponderId } from './ocsp-response.ts';
import { oids } from './oids.ts';

export interface ResponseExpectation {
  readonly responderId: ResponderId;
  /** DER of each CertID that was asked, in this order. */
  readonly certIds: readonly Uint8Array[];
  readonly nonce: Uint8Array | null;
  readonly now: UnixTime;
  /** Neither an answer nor its signer may be good for longer: nextUpdate stays at or before it. */
  readonly signerNotAfter: UnixTime;
  /** Longest time from thisUpdate to nextUpdate, in seconds. */
  readonly validity: number;
}

/** Every rule that these very bytes break; none when they may be signed. */
export function lintResponseData(responseData: Uint8Array, expectation: ResponseExpectation): Violation[] {
  try {
    return violationsOf(readDer(responseData), expectation);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return [{ rule: 'RFC 6960 §4.2.1', field: 'responseData', found: error.message }];
  }
}

function violationsOf(root: DerNode, expectation: ResponseExpectation): Violation[] {
  // version is DEFAULT v1 and therefore absent in DER
  const [responderId, producedAtNode, list, extensions, ...rest] = childrenOf(expectTag(root, 16));
  const producedAt = generalizedTime(producedAtNode);
  const responses = childrenOf(expectTag(list, 16));
  return [
    ...broken(rest.length > 0, 'RFC 6960 §4.2.1', 'responseData'),
    ...broken(!isResponder(responderId, expectation.responderId), 'RFC 6960 §4.2.2.3', 'responderID'),
    ...broken(producedAt > expectation.now, 'RFC 6960 §4.2.2.1', 'producedAt', String(producedAt)),
    ...broken(
      responses.length !== expectation.certIds.length,
      'RFC 6960 §4.2.1',
      'responses',
      String(responses.length),
    ),
    ...responses.flatMap((response, index) =>
      lintSingle(response, { ...expectation, producedAt, certId: expectation.certIds[index] }),
    ),
    ...lintExtensions(extensions, expectation),
  ];
}

interface SingleExpectation extends ResponseExpectation {
  readonly producedAt: UnixTime;
  readonly certId: Uint8Array | undefined;
}

function lintSingle(response: DerNode, expectation: SingleExpectation): Violation[] {
  const [certId, status, thisNode, nextNode, extensions, ...rest] = childrenOf(expectTag(response, 16));
  const thisUpdate = generalizedTime(thisNode);
  const nextUpdate = generalizedTime(inside(contextual(nextNode, 0)));
  const { certId: asked, now, producedAt, signerNotAfter, validity } = expectation;
  const isAsked = certId !== undefined && asked !== undefined && equalBytes(certId.bytes, asked);
  return [
    ...broken(rest.length > 0, 'RFC 6960 §4.2.1', 'singleResponse'),
    ...broken(!isAsked, 'RFC 6960 §4.2.1', 'certID'),
    ...broken(thisUpdate > producedAt || thisUpdate > now, 'RFC 6960 §2.4', 'thisUpdate', String(thisUpdate)),
    ...broken(nextUpdate <= now || nextUpdate <= thisUpdate, 'RFC 6960 §2.4', 'nextUpdate', String(nextUpdate)),
    ...broken(nextUpdate > signerNotAfter, 'the end of the signer', 'nextUpdate', String(nextUpdate)),
    ...broken(nextUpdate - thisUpdate > validity, 'the validity of the policy', 'nextUpdate', String(nextUpdate)),
    ...lintStatus(status, thisUpdate),
    ...lintSingleExtensions(extensions, producedAt),
  ];
}

/** good [0] and unknown [2] are IMPLICIT NULL; revoked [1] holds a time no later than what is known, and a reason. */
function lintStatus(status: DerNode | undefined, thisUpdate: UnixTime): Violation[] {
  if (status?.tagClass !== 'context' || status.tagNumber > 2) return broken(true, 'RFC 6960 §4.2.1', 'certStatus');
  if (status.tagNumber !== 1) return broken(status.bytes.length !== 2, 'RFC 6960 §4.2.1', 'certStatus');
  const [time, reason, ...rest] = status.children;
  const revokedAt = generalizedTime(time);
  const code = reason === undefined ? null : readEnumerated(inside(contextual(reason, 0)));
  return [
    ...broken(rest.length > 0, 'RFC 6960 §4.2.1', 'revokedInfo'),
    ...broken(revokedAt > thisUpdate, 'RFC 6960 §2.4', 'revocationTime', String(revokedAt)),
    // 0 should be absent, 7 is not used, 8 belongs to delta CRLs only (RFC 5280 §5.3.1)
    ...broken(code !== null && !reasonCodes.has(code), 'RFC 5280 §5.3.1', 'revocationReason', String(code)),
  ];
}

const reasonCodes = new Set([1, 2, 3, 4, 5, 6, 9, 10]);
const singleExtensionTimes: ReadonlySet<string> = new Set([oids.ocspArchiveCutoff, oids.invalidityDate]);

function lintSingleExtensions(node: DerNode | undefined, producedAt: UnixTime): Violation[] {
  if (node === undefined) return [];
  const found = extensionsOf(contextual(node, 1));
  const times = [...found].map(([id, value]) => ({ id, at: generalizedTime(readDer(value)) }));
  return times.flatMap(({ id, at }) =>
    broken(!singleExtensionTimes.has(id) || at > producedAt, 'RFC 6960 §4.4', 'singleExtensions', id),
  );
}

function lintExtensions(node: DerNode | undefined, { nonce }: ResponseExpectation): Violation[] {
  const found = node === undefined ? new Map<string, Uint8Array>() : extensionsOf(contextual(node, 1));
  const told = found.get(oids.ocspNonce);
  const isNonce =
    nonce === null ? told === undefined : told !== undefined && equalBytes(readOctets(readDer(told)), nonce);
  const others = [...found.keys()].filter(id => id !== oids.ocspNonce && id !== oids.ocspExtendedRevoke);
  return [
    ...broken(!isNonce, 'RFC 9654 §2.1', 'nonce'),
    ...broken(others.length > 0, 'RFC 6960 §4.4', 'responseExtensions', others.join()),
  ];
}

/** At least one, none twice, none critical: nothing that we say must be understood. */
function extensionsOf(node: DerNode): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const extension of childrenOf(expectTag(inside(node), 16))) {
    const [id, value, ...rest] = childrenOf(expectTag(extension, 16));
    if (id === undefined || value === undefined) throw malformed('extension');
    if (rest.length > 0 && readBoolean(value)) throw malformed('a critical extension');
    if (values.has(readOid(id))) throw malformed('an extension twice');
    values.set(readOid(id), readOctets(value));
  }
  if (values.size === 0) throw malformed('no extension');
  return values;
}

function isResponder(node: DerNode | undefined, expected: ResponderId): boolean {
  if ('byName' in expected) return equalBytes(inside(contextual(node, 1)).bytes, expected.byName);
  return equalBytes(readOctets(inside(contextual(node, 2))), expected.byKey);
}

/** GeneralizedTime in whole seconds, never UTCTime (§4.2.2.1). */
function generalizedTime(node: DerNode | undefined): UnixTime {
  return readTime(expectTag(node, 24));
}

function contextual(node: DerNode | undefined, tagNumber: number): DerNode {
  if (node?.tagClass !== 'context' || node.tagNumber !== tagNumber) throw malformed(`[${tagNumber}]`);
  return node;
}

function inside(node: DerNode): DerNode {
  const [child] = childrenOf(node, 1);
  if (child === undefined) throw malformed('an empty value');
  return child;
}

function broken(isBroken: boolean, rule: string, field: string, found?: string): Violation[] {
  if (!isBroken) return [];
  return [found === undefined ? { rule, field } : { rule, field, found }];
}

function malformed(what: string): PkiError {
  return new PkiError('derMalformed', { what });
}
