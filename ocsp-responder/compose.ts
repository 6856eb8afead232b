/** What an answer says, before it is signed (RFC 6960 §2.2, §2.4, §4.2). */
import { encodeResponseData, lintResponseData, responseTail } from '../ca-core/index.ts';
import type { CertStatus, Der, ResponderId, ResponseTail, SchedulePolicy, SingleResponse } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { FitSigner } from './signer.ts';
import type { KnownStatus } from './status.ts';

/** In seconds: thisUpdate to nextUpdate, when a kept answer is made anew, how long after a certificate's end it goes on. */
export type AnswerPolicy = Pick<
  SchedulePolicy['ocsp'],
  'validity' | 'refreshEvery' | 'retention' | 'responderId' | 'neverIssued'
>;

export interface AnswerTimes {
  readonly now: UnixTime;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
}

/** `unknown` may end any second, so it is told for a minute only. */
const lifeOfUnknown = 60;

/**
 * What was known at `reachedAt` is told until `validity` later, and never past the signer's end; undefined where that
 * is over.
 */
export function timesOf(
  reachedAt: UnixTime,
  now: UnixTime,
  { validity, notAfter }: { readonly validity: number; readonly notAfter: UnixTime },
): AnswerTimes | undefined {
  const thisUpdate = Math.min(reachedAt, now);
  const nextUpdate = Math.min(thisUpdate + validity, notAfter);
  return nextUpdate <= now ? undefined : { now, thisUpdate, nextUpdate };
}

/** When a kept answer is made anew: always before half its life. */
export function refreshAtOf({ now, thisUpdate, nextUpdate }: AnswerTimes, { refreshEvery }: AnswerPolicy): UnixTime {
  return Math.min(now + refreshEvery, thisUpdate + Math.floor((nextUpdate - thisUpdate) / 2));
}

/** Whether the policy still lets us speak for a certificate that ended long ago (§4.4.4). */
export function isForgotten(known: KnownStatus | undefined, now: UnixTime, { retention }: AnswerPolicy): boolean {
  return known !== undefined && known.notAfter !== null && known.notAfter + retention < now;
}

export interface Asked {
  readonly certId: Uint8Array;
  readonly known: KnownStatus | undefined;
  /** `foreign`: not of the issuer that answers. */
  readonly origin: 'own' | 'foreign';
}

export interface Composition {
  readonly asked: readonly Asked[];
  readonly signer: FitSigner;
  readonly times: AnswerTimes;
  readonly nonce: Uint8Array | null;
}

export function composeResponseData({ asked, signer, times, nonce }: Composition, policy: AnswerPolicy): Der {
  const neverIssued = asked.some(one => isToldAsRevoked(one, policy));
  return encodeResponseData({
    responderId: responderIdOf(signer, policy),
    producedAt: times.now,
    responses: asked.map(one => singleResponse(one, times, policy)),
    nonce,
    extendedRevoke: neverIssued ? 'extendedRevoke' : null,
  });
}

/** Holds the octets to the rules before they are signed and kept. Throws lintFailed. */
export function lintComposed(
  responseData: Der,
  { asked, signer, times, nonce }: Composition,
  policy: AnswerPolicy,
): void {
  const violations = lintResponseData(responseData, {
    responderId: responderIdOf(signer, policy),
    certIds: asked.map(({ certId }) => certId),
    nonce,
    now: times.now,
    signerNotAfter: signer.certificate.notAfter,
    validity: policy.validity,
  });
  if (violations.length === 0) return;
  throw new PkiError('lintFailed', {
    mistakes: violations.map(({ rule, field, found }) => `${rule} ${field} ${found ?? ''}`),
  });
}

const tails = new WeakMap<FitSigner, ResponseTail>();

export function tailOf(signer: FitSigner): ResponseTail {
  const known = tails.get(signer);
  if (known !== undefined) return known;
  const tail = responseTail(signer.key.algorithm, [signer.certificate.der]);
  tails.set(signer, tail);
  return tail;
}

function responderIdOf({ certificate, keyHash }: FitSigner, { responderId }: AnswerPolicy): ResponderId {
  return responderId === 'byName' ? { byName: certificate.subject } : { byKey: keyHash };
}

function singleResponse(one: Asked, times: AnswerTimes, policy: AnswerPolicy): SingleResponse {
  const { certId, known } = one;
  const { now, thisUpdate, nextUpdate } = times;
  if (known === undefined || isForgotten(known, now, policy)) {
    const status = isToldAsRevoked(one, policy) ? neverIssued : unknown;
    return { certId, status, thisUpdate, nextUpdate: Math.min(now + lifeOfUnknown, nextUpdate) };
  }
  // A revocation of this very second is newer than the last look at everything.
  const knownAt = known.status === 'revoked' ? Math.min(Math.max(thisUpdate, known.revokedAt), now) : thisUpdate;
  const isExpired = known.notAfter !== null && known.notAfter < now;
  return {
    certId,
    // A revocation that another clock dated ahead of this one is told all the same, as of now (§2.4 wants no later time).
    status: known.status === 'revoked' ? { ...known, revokedAt: Math.min(known.revokedAt, now) } : known,
    thisUpdate: knownAt,
    nextUpdate,
    archiveCutoff: isExpired ? now - policy.retention : null,
  };
}

const unknown: CertStatus = { status: 'unknown' };
/** §2.2: on hold since 1970, so that nobody takes it for good. */
const neverIssued: CertStatus = { status: 'revoked', revokedAt: 0, reason: 'certificateHold' };

function isToldAsRevoked({ known, origin }: Asked, policy: AnswerPolicy): boolean {
  return known === undefined && origin === 'own' && policy.neverIssued === 'revoked';
}
