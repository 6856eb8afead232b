/** From the octets of a request to the octets of an answer (RFC 6960 §2, §4). */
import { encodeSignedResponse, issuerForms, loneCertId, loneNonceRequest, readOcspRequest } from '../ca-core/index.ts';
import { signatureOver, signatureUnverified, type CertId, type OcspRequest } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { answerAtHand } from './answer-at-hand.ts';
import { answerAtOnce } from './answer-at-once.ts';
import { openAnswerCache } from './answer-cache.ts';
import { overloaded, refusals, tagOf, type Answer } from './answer.ts';
import { formOf, serialSpanOf } from './cert-id-forms.ts';
import { composeResponseData, isForgotten, lintComposed, refreshAtOf, tailOf } from './compose.ts';
import type { AnswerPolicy, Asked, Composition } from './compose.ts';
import { standingOf, type Hall, type IssuerDesk, type ResponderParts } from './hall.ts';
import { openNonceMoulds } from './nonce-mould.ts';
import { openSample } from './sample.ts';

export type { IssuerDesk, PreparedAnswers, ResponderParts } from './hall.ts';

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
  const hall: Hall = { ...parts, forms, places, cache, sample, moulds, waiting: 0, complainedAt: 0 };
  return {
    respond: request => {
      const certId = loneCertId(request) as Buffer | undefined;
      if (certId !== undefined) return answerAtHand(certId, hall) ?? answerInTurn(request, hall);
      const asked = loneNonceRequest(request);
      return (asked && answerAtOnce(asked, hall)) ?? answerInTurn(request, hall);
    },
  };
}

async function answerInTurn(request: Buffer, hall: Hall): Promise<Answer> {
  if (hall.waiting >= (hall.mostWaiting ?? usuallyWaiting)) return overloaded;
  hall.waiting++;
  try {
    const asked = readOcspRequest(request);
    const made = await answer(asked, hall).catch((error: unknown) => refusalFor(error, hall));
    return made.status === 'tryLater' || made.status === 'unauthorized' ? (beforehand(asked, hall) ?? made) : made;
  } catch (error) {
    return refusalFor(error, hall);
  } finally {
    hall.waiting--;
  }
}

/** A signer that is away fails for every request, and is told once a second. */
function refusalFor(error: unknown, hall: Hall): Answer {
  if (error instanceof PkiError && error.code === 'ocspRequestMalformed') return refusals.malformedRequest;
  const now = hall.clock.now();
  if (now !== hall.complainedAt) hall.log.error({ err: error }, 'no answer could be made');
  hall.complainedAt = now;
  return error instanceof PkiError ? refusals.tryLater : refusals.internalError;
}

/**
 * Where nobody can sign now, what was signed before is given to those too who sent a nonce: it is true until its
 * nextUpdate, and a client that insists on its nonce sees that it is missing (RFC 5019 §4). Then nobody may keep it.
 */
function beforehand({ certIds, nonce }: OcspRequest, hall: Hall): Answer | undefined {
  const [only, ...others] = certIds;
  if (only === undefined || others.length > 0) return undefined;
  const kept = answerAtHand(Buffer.from(only.der), hall);
  return kept && nonce !== null ? { ...kept, life: null } : kept;
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
