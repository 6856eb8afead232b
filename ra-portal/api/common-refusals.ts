import type { Operation } from './operation.ts';
import type { ProblemCode } from './problem-codes.ts';

const ofAll: readonly ProblemCode[] = ['requestMalformed', 'internalError'];

const ofCredentials: readonly ProblemCode[] = [
  ...(['credentialsRefused', 'scopeMissing', 'notPermitted', 'tooManyAttempts'] as const),
  ...(['certificateForeign', 'certificateExpired', 'certificateRevoked'] as const),
  ...(['certificateOnHold', 'certificateUnbound'] as const),
];

const ofPost: readonly ProblemCode[] = [
  ...(['idempotencyKeyMissing', 'idempotencyKeyReused', 'idempotencyKeyBusy'] as const),
  ...(['mediaTypeUnsupported', 'requestTooLarge', 'fieldInvalid', 'fieldMissing'] as const),
];

/** Everything that an operation may refuse, its own first. */
export function refusalsOf({ refusals, scope, method, about }: Operation): readonly ProblemCode[] {
  const all = [
    ...refusals,
    ...(about === null ? [] : (['changedMeanwhile'] as const)),
    ...(method === 'POST' ? ofPost : []),
    ...(scope === null ? [] : ofCredentials),
    ...ofAll,
  ];
  return [...new Set(all)];
}
