import { PkiError, type PkiErrorCode } from '../ca-core/errors.ts';
import { isStoreAway } from '../ca-core/index.ts';

/** The refusals that a person can meet at this desk, and their HTTP status. Any other code here is a bug. */
export const statusOf = {
  documentUnknown: 404,
  documentMalformed: 422,
  documentVoided: 409,
  listInvalid: 422,
  attestationMissing: 422,
  attestationInvalid: 422,
  organisationForeign: 403,
  digestMismatch: 409,
  assertionInvalid: 403,
  assertionExpired: 403,
  approverUnknown: 403,
  approverIsApplicant: 403,
  approverIsEditor: 403,
  approverTwice: 409,
  authenticatorsMissing: 403,
  caseAlreadySigned: 409,
  orderTwice: 409,
  alreadyRevoked: 409,
  notOnHold: 409,
  rollOutOfOrder: 409,
  invitationUnknown: 404,
  enrolmentInvalid: 409,
  fieldInvalid: 400,
  notPermitted: 403,
  notInitialised: 503,
  storeUnavailable: 503,
} as const satisfies Partial<Record<PkiErrorCode, number>>;

export type Refusal = keyof typeof statusOf;

export function isRefusal(code: string): code is Refusal {
  return Object.hasOwn(statusOf, code);
}

/** The refusal in an error: its own code, or fieldInvalid for a body that is no JSON or too long. Undefined for a bug. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (isStoreAway(error)) return 'storeUnavailable';
  if (error instanceof PkiError) return isRefusal(error.code) ? error.code : undefined;
  const { status } = error instanceof Error && 'status' in error ? error : { status: undefined };
  return typeof status === 'number' && status >= 400 && status < 500 ? 'fieldInvalid' : undefined;
}
