/** From the octets of a request to the octets of an answer (RFC 6960 §2, §4). */
import { encodeResponseData, issuerForms, loneCertId, readOcspRequest, signOcspResponse } from '../ca-core/index.ts';
import type { Certificate, CertId, CertStatus, OcspRequest, SchedulePolicy, SingleResponse } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { openAnswerCache, type AnswerCache, type KeptAnswer } from './answer-cache.ts';
import { refusals, type Answer } from './answer.ts';
import { formOf, serialOctets, serialOctetsOf } from './cert-id-forms.ts';
import type { FitSigner } from './signer.ts';
import type { KnownStatus, Reached } from './status-store.ts';

export interface ResponderParts {
  /** The issuing CA for whose certificates it answers. */
  readonly issuer: Certificate;
  readonly statuses: {
    readonly of: (serialNumber: string) => KnownStatus | undefined;
    readonly reached: () => Pick<Reached, 'at'>;
  };
  /** Undefined while no certificate makes the responder's key a fit signer. */
  readonly signer: () => FitSigner | undefined;
  /** In seconds: thisUpdate to nextUpdate, and when a kept answer is signed anew: always before half its life. */
  readonly policy: Pick<SchedulePolicy['ocsp'], 'validity' | 'refreshEvery'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Responder {
  /** Never throws and never rejects. An answer that is kept comes at once, not as a promise. */
  readonly respond: (request: Buffer) => Answer | Promise<Answer>;
  /** To be called when the status of this serial number has changed. */
  readonly forget: (serialNumber: string) => void;
  /** To be called when the signer has changed. */
  readonly forgetAll: () => void;
}

/** `unknown` may end any second, so it is told for a minute only. */
const lifeOfUnknown = 60;

export function openResponder(parts: ResponderParts): Responder {
  const forms = issuerForms(parts.issuer);
  const cache = openAnswerCache(forms.length);
  const place = { ...parts, forms, cache };
  return {
    respond: request => {
      const certId = loneCertId(request) as Buffer | undefined;
      if (certId === undefined) return answerInFull(request, place);
      const form = formOf(certId, forms);
      const kept = cache.find(form, serialOctetsOf(certId, forms[form]?.length ?? 0));
      return kept !== undefined && isFresh(kept, parts) ? kept.answer : answerInFull(request, place);
    },
    forget: cache.forget,
    forgetAll: cache.forgetAll,
  };
}

interface Place extends ResponderParts {
  readonly forms: readonly Uint8Array[];
  readonly cache: AnswerCache;
}

function isFresh(kept: KeptAnswer, { clock, statuses }: ResponderParts): boolean {
  const now = clock.now();
  const nothingNewer = statuses.reached().at <= kept.thisUpdate;
  return now < kept.nextUpdate && (now < kept.refreshAt || nothingNewer);
}

async function answerInFull(request: Buffer, place: Place): Promise<Answer> {
  try {
    return await answer(readOcspRequest(request), place);
  } catch (error) {
    if (error instanceof PkiError && error.code === 'ocspRequestMalformed') return refusals.malformedRequest;
    place.log.error({ err: error }, 'no answer could be made');
    return error instanceof PkiError ? refusals.tryLater : refusals.internalError;
  }
}

async function answer(request: OcspRequest, place: Place): Promise<Answer> {
  const asked = request.certIds.map(certId => look(certId, place));
  // Nothing here is ours to speak for (RFC 6960 §2.3, RFC 5019 §2.2.3).
  if (asked.every(({ form }) => form === -1)) return refusals.unauthorized;
  const signer = place.signer();
  const now = place.clock.now();
  const thisUpdate = Math.min(place.statuses.reached().at, now);
  const nextUpdate = Math.min(thisUpdate + place.policy.validity, signer?.certificate.notAfter ?? 0);
  // What was known too long ago is not told, and neither is anything without a fit signer.
  if (signer === undefined || nextUpdate <= now) return refusals.tryLater;
  const times = { now, thisUpdate, nextUpdate };
  const body = await signAnswer(request, { asked, signer, times });
  const allKnown = asked.every(({ known }) => known !== undefined);
  const made: Answer = {
    body,
    status: 'successful',
    life: allKnown && request.nonce === null ? { thisUpdate, nextUpdate } : null,
  };
  keep(made, { asked, signer, times }, place);
  return made;
}

interface Asked {
  readonly certId: CertId;
  /** -1 for another issuer's. */
  readonly form: number;
  readonly known: KnownStatus | undefined;
}

interface Making {
  readonly asked: readonly Asked[];
  readonly signer: FitSigner;
  readonly times: { readonly now: UnixTime; readonly thisUpdate: UnixTime; readonly nextUpdate: UnixTime };
}

function look(certId: CertId, { forms, statuses }: Place): Asked {
  const form = formOf(certId.der, forms);
  return { certId, form, known: form === -1 ? undefined : statuses.of(certId.serialNumber) };
}

async function signAnswer(request: OcspRequest, { asked, signer, times }: Making): Promise<Buffer> {
  const responseData = encodeResponseData({
    responderKeyHash: signer.keyHash,
    producedAt: times.now,
    responses: asked.map(one => singleResponse(one, times)),
    nonce: request.nonce,
  });
  const der = await signOcspResponse(responseData, signer.key, [signer.certificate.der]);
  return Buffer.from(der.buffer, der.byteOffset, der.length);
}

const unknown: CertStatus = { status: 'unknown' };

function singleResponse({ certId, known }: Asked, { now, thisUpdate, nextUpdate }: Making['times']): SingleResponse {
  if (known !== undefined) return { certId: certId.der, status: known, thisUpdate, nextUpdate };
  return { certId: certId.der, status: unknown, thisUpdate, nextUpdate: Math.min(now + lifeOfUnknown, nextUpdate) };
}

/** Kept only if nothing has changed while it was being signed. */
function keep(made: Answer, { asked, signer, times }: Making, place: Place): void {
  const [first, ...others] = asked;
  if (made.life === null || first === undefined || others.length > 0) return;
  const { certId, form, known } = first;
  if (place.statuses.of(certId.serialNumber) !== known || place.signer() !== signer) return;
  const { now, thisUpdate, nextUpdate } = times;
  const refreshAt = Math.min(now + place.policy.refreshEvery, thisUpdate + Math.floor((nextUpdate - thisUpdate) / 2));
  place.cache.keep(form, serialOctets(certId.serialNumber), { answer: made, thisUpdate, nextUpdate, refreshAt });
}
