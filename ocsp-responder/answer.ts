import { encodeOcspRefusal, type OcspErrorStatus } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';

/** What goes back to whoever asked. */
export interface Answer {
  /** DER of the OCSPResponse. */
  readonly body: Buffer;
  readonly status: 'successful' | OcspErrorStatus;
  /** Set where the same answer may be given to others until nextUpdate; null for errors, nonces and `unknown`. */
  readonly life: AnswerLife | null;
  /** HTTP status where it is not 200. */
  readonly http?: 503;
}

export interface AnswerLife {
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  /** Another answer has another tag (RFC 9110 §8.8.3), without its quotes. */
  readonly tag: string;
}

/** The answers without a signature (RFC 6960 §2.3). */
export const refusals: Readonly<Record<OcspErrorStatus, Answer>> = {
  malformedRequest: refusal('malformedRequest'),
  internalError: refusal('internalError'),
  tryLater: refusal('tryLater'),
  sigRequired: refusal('sigRequired'),
  unauthorized: refusal('unauthorized'),
};

/** Given instead of queueing without end: whoever asks again in a second finds the queue shorter. */
export const overloaded: Answer = { ...refusals.tryLater, http: 503 };

/** The last octets of the signature that ends at `end`: no two answers have the same. */
export function tagOf(octets: Buffer, end: number): string {
  return octets.toString('hex', end - 16, end);
}

function refusal(status: OcspErrorStatus): Answer {
  return { body: Buffer.from(encodeOcspRefusal(status)), status, life: null };
}
