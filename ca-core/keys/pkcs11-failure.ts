/** What goes wrong at a token, sorted by what is to be done about it. */
import type { Failure } from './pkcs11-messages.ts';

export class TokenFailure extends Error {
  readonly kind: Failure['kind'];

  constructor({ kind, reason }: Failure) {
    super(reason);
    this.name = 'TokenFailure';
    this.kind = kind;
  }
}

export function fail(kind: Failure['kind'], reason: string): TokenFailure {
  return new TokenFailure({ kind, reason });
}

const pinErrors = /CKR_PIN_(?:INCORRECT|INVALID|LEN_RANGE|EXPIRED|LOCKED)\b/;

/** The fault of the one request; the token is well. */
const requestErrors = new RegExp(
  `CKR_(?:${[
    'MECHANISM_(?:PARAM_)?INVALID',
    'KEY_(?:TYPE_INCONSISTENT|FUNCTION_NOT_PERMITTED|SIZE_RANGE)',
    'DATA_(?:INVALID|LEN_RANGE)',
    'ARGUMENTS_BAD',
    'TEMPLATE_IN[A-Z]+',
    'ATTRIBUTE_[A-Z_]+',
    'DOMAIN_PARAMS_INVALID',
    'TOKEN_WRITE_PROTECTED',
    'DEVICE_MEMORY',
  ].join('|')})\\b`,
);

/** What is neither the PIN's nor the request's fault means that this connection is lost: a new one finds out more. */
export function failureOf(error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof TokenFailure) return { kind: error.kind, reason };
  if (pinErrors.test(reason)) return { kind: 'pin', reason };
  return { kind: requestErrors.test(reason) ? 'refused' : 'lost', reason };
}
