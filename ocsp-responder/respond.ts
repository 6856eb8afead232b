/** From the octets of a request to the octets of an answer (RFC 6960 §2, §4). */
import { encodeSignedResponse, issuerForms, loneCertId, loneNonceRequest, readOcspRequest } from '../ca-core/index.ts';
import { signatureAtOnce, signatureOver, signatureUnverified } from '../ca-core/index.ts';
import type { Certificate, CertId, LoneNonceRequest, OcspRequest } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { openAnswerCache, type AnswerCache, type KeptAnswer } from './answer-cache.ts';
import { overloaded, refusals, tagOf, type Answer } from './answer.ts';
import { formOf, serialSpanOf, type SerialSpan } from './cert-id-forms.ts';
import { composeResponseData, isForgotten, lintComposed, refreshAtOf, tailOf, timesOf } from './compose.ts';
import type { AnswerPolicy, Asked, Composition } from './compose.ts';
import { openNonceMoulds, type NonceMoulds } from './nonce-mould.ts';
import { openSample, type Sample } from './sample.ts';
import type { FitSigner } from './signer.ts';
import { isSameStatus, type KnownStatus } from './status.ts';

/** All that is needed to answer for the certificates of one CA. */
export interface IssuerDesk {
  readonly issuer: Certificate;
  readonly statuses: {
    readonly of: (serialNumber: string) => KnownStatus | undefined;
    readonly reached: () => { readonly at: UnixTime };
  };
  /** Undefined while no certificate makes the responder's key a fit signer. */
  readonly signer: () => FitSigner | undefined;
  readonly prepared: PreparedAnswers;
}

export interface PreparedAnswers {
  /** The answer about this CertID that was signed beforehand and is still good; `form` as issuerForms counts. */
  readonly find: (form: number, certId: Buffer, serial: SerialSpan) => Answer | undefined;
}

export interface ResponderParts {
  readonly desks: readonly IssuerDesk[];
  readonly policy: AnswerPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** Answers that may wait for their signature at once; whoever comes then is told to try later. */
  readonly mostWaiting?: number;
}

export interface Responder {
  /** Never throws and never rejects. An answer that is kept comes at once, not as a promise. */
  readonly respond: (request: Buffer) => Answer | Promise<Answer>;
}

const usuallyWaiting = 512;

export function openResponder(parts: ResponderParts): Responder {
  const windows = parts.desks.map(desk => ({ desk, forms: issuerForms(desk.issuer) }));
  const forms = windows.flatMap(window => window.forms);
  const places = windows.flatMap(({ desk, forms: own }) => own.map((_, form) => ({ desk, form })));
  const cache = openAnswerCache(forms.length);
  const sample = openSample(parts.clock);
  const moulds = openNonceMoulds(parts.policy);
  const hall: Hall = { ...parts, forms, places, cache, sample, moulds, waiting: 0 };
  return {
    respond: request => {
      const certId = loneCertId(request) as Buffer | undefined;
      if (certId !== undefined) return answerAtHand(certId, hall) ?? answerInTurn(request, hall);
      const asked = loneNonceRequest(request);
      return (asked && answerAtOnce(asked, hall)) ?? answerInTurn(request, hall);
    },
  };
}

interface Hall extends ResponderParts {
  /** All forms of all issuers, and in the same order whose they are. */
  readonly forms: readonly Uint8Array[];
  readonly places: readonly { readonly desk: IssuerDesk; readonly form: number }[];
  readonly cache: AnswerCache;
  readonly sample: Sample;
  readonly moulds: NonceMoulds;
  waiting: number;
}

/** By a key that signs at once. Undefined is left to the long way: whatever is not plain, and the sample that is checked. */
function answerAtOnce({ certId, nonce }: LoneNonceRequest, hall: Hall): Answer | undefined {
  const index = formOf(certId, hall.forms);
  const desk = hall.places[index]?.desk;
  const serial = serialSpanOf(certId, hall.forms[index]?.length ?? 0);
  if (desk === undefined || serial === undefined || hall.sample.isNext()) return undefined;
  try {
    const known = desk.statuses.of((certId as Buffer).toString('hex', serial.start, serial.end));
    if (known === undefined || isForgotten(known, hall.clock.now(), hall.policy)) return undefined;
    const standing = standingOf(desk, hall);
    if (standing === undefined) return undefined;
    const responseData = hall.moulds({ certId, nonce, known, ...standing });
    const signature = signatureAtOnce(responseData, standing.signer.key);
    if (signature === undefined) return undefined;
    const body = encodeSignedResponse({ responseData, signature }, tailOf(standing.signer));
    return { body, status: 'successful', life: null };
  } catch (error) {
    hall.log.error({ err: error }, 'an answer could not be signed at once');
    return undefined;
  }
}

/** Undefined without a fit signer, and where what is known was known too long ago to be told. */
function standingOf(desk: IssuerDesk, { clock, policy }: Hall): Pick<Composition, 'signer' | 'times'> | undefined {
  const signer = desk.signer();
  if (signer === undefined) return undefined;
  const { notAfter } = signer.certificate;
  const times = timesOf(desk.statuses.reached().at, clock.now(), { validity: policy.validity, notAfter });
  return times && { signer, times };
}

/** What was signed before, for a request that is one CertID and nothing else. */
function answerAtHand(certId: Buffer, hall: Hall): Answer | undefined {
  const index = formOf(certId, hall.forms);
  const place = hall.places[index];
  if (place === undefined) return undefined;
  const serial = serialSpanOf(certId, hall.forms[index]?.length ?? 0);
  if (serial === undefined) return undefined;
  try {
    const prepared = place.desk.prepared.find(place.form, certId, serial);
    if (prepared !== undefined) return prepared;
    const octets = certId.toString('hex', serial.start, serial.end);
    const kept = hall.cache.find(index, octets);
    return kept !== undefined && isFresh(kept, { ...place, octets }, hall) ? kept.answer : undefined;
  } catch (error) {
    hall.log.error({ err: error }, 'an answer at hand could not be read');
    return undefined;
  }
}

function isFresh(
  kept: KeptAnswer,
  { desk, octets }: { readonly desk: IssuerDesk; readonly octets: string },
  { clock }: Hall,
): boolean {
  const now = clock.now();
  const nothingNewer = desk.statuses.reached().at <= kept.thisUpdate;
  // A clock that was set back must not bring answers from the future.
  if (now < kept.thisUpdate) return false;
  if (now >= kept.nextUpdate || (now >= kept.refreshAt && !nothingNewer)) return false;
  return isSameStatus(desk.statuses.of(octets), kept.known);
}

async function answerInTurn(request: Buffer, hall: Hall): Promise<Answer> {
  if (hall.waiting >= (hall.mostWaiting ?? usuallyWaiting)) return overloaded;
  hall.waiting++;
  try {
    return await answer(readOcspRequest(request), hall);
  } catch (error) {
    if (error instanceof PkiError && error.code === 'ocspRequestMalformed') return refusals.malformedRequest;
    hall.log.error({ err: error }, 'no answer could be made');
    return error instanceof PkiError ? refusals.tryLater : refusals.internalError;
  } finally {
    hall.waiting--;
  }
}

/** The issuer of the first CertID that is ours answers; what it cannot speak for is unknown. */
async function answer(request: OcspRequest, hall: Hall): Promise<Answer> {
  const indexes = request.certIds.map(({ der }) => formOf(der, hall.forms));
  const index = indexes.find(one => one !== -1);
  const desk = index === undefined ? undefined : hall.places[index]?.desk;
  // Nothing here is ours to speak for (RFC 6960 §2.3, RFC 5019 §2.2.3).
  if (desk === undefined || index === undefined) return refusals.unauthorized;
  const { clock, policy } = hall;
  const asked = request.certIds.map((certId, turn) => look(certId, hall.places[indexes[turn] ?? -1]?.desk, desk));
  if (asked.every(({ known, origin }) => origin === 'foreign' || isForgotten(known, clock.now(), policy))) {
    return refusals.unauthorized;
  }
  const standing = standingOf(desk, hall);
  if (standing === undefined) return refusals.tryLater;
  const composition: Composition = { asked, ...standing, nonce: request.nonce };
  const made = await sign(composition, policy, hall.sample.take() ? 'checked' : 'unchecked');
  keep(made, composition, { hall, desk, index });
  return made;
}

function look({ der, serialNumber }: CertId, own: IssuerDesk | undefined, desk: IssuerDesk): Asked {
  if (own !== desk) return { certId: der, known: undefined, origin: 'foreign' };
  return { certId: der, known: desk.statuses.of(serialNumber), origin: 'own' };
}

/** Every answer that is kept is linted and verified; `checking` is for those that one client gets alone. */
async function sign(
  composition: Composition,
  policy: AnswerPolicy,
  checking: 'checked' | 'unchecked',
): Promise<Answer> {
  const { asked, signer, times, nonce } = composition;
  const responseData = composeResponseData(composition, policy);
  const isKeepable = nonce === null && asked.every(({ known }) => known !== undefined);
  const isChecked = isKeepable || checking === 'checked';
  if (isChecked) lintComposed(responseData, composition, policy);
  const signature = await (isChecked ? signatureOver : signatureUnverified)(responseData, signer.key);
  const body = encodeSignedResponse({ responseData, signature }, tailOf(signer));
  if (!isKeepable) return { body, status: 'successful', life: null };
  const { thisUpdate, nextUpdate } = times;
  return {
    body,
    status: 'successful',
    life: { thisUpdate, nextUpdate, tag: tagOf(Buffer.from(signature), signature.length) },
  };
}

interface Shelf {
  readonly hall: Hall;
  readonly desk: IssuerDesk;
  readonly index: number;
}

/** One certificate's answer is kept with the status that it tells; whether that still holds is looked at each time. */
function keep(made: Answer, { asked, signer, times }: Composition, { hall, desk, index }: Shelf): void {
  const [first, ...others] = asked;
  if (made.life === null || first?.known === undefined || others.length > 0 || desk.signer() !== signer) return;
  const serial = serialSpanOf(Buffer.from(first.certId), hall.forms[index]?.length ?? 0);
  if (serial === undefined) return;
  const { known } = first;
  const refreshAt = refreshAtOf(times, hall.policy);
  const octets = Buffer.from(first.certId).toString('hex', serial.start, serial.end);
  hall.cache.keep(index, octets, { answer: made, ...times, refreshAt, known });
}
