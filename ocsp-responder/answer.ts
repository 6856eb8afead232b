import { encodeOcspResponse, type OcspErrorStatus } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';

/** What goes back to whoever asked. */
export interface Answer {
  /** DER of the OCSPResponse. */
  readonly body: Buffer;
  readonly status: 'successful' | OcspErrorStatus;
  /** Set where the same answer may be given to others until nextUpdate; null for errors, nonces and `unknown`. */
  readonly life: { readonly thisUpdate: UnixTime; readonly nextUpdate: UnixTime } | null;
}

/** The answers without a signature (RFC 6960 §2.3). */
export const refusals: Readonly<Record<OcspErrorStatus, Answer>> = {
  malformedRequest: refusal('malformedRequest'),
  internalError: refusal('internalError'),
  tryLater: refusal('tryLater'),
  sigRequired: refusal('sigRequired'),
  unauthorized: refusal('unauthorized'),
};

function refusal(status: OcspErrorStatus): Answer {
  return { body: Buffer.from(encodeOcspResponse(status)), status, life: null };
}
