import type { PkiErrorCode } from '../../ca-core/errors.ts';

/** What a problem's `code` can be: every refusal of the platform, and what HTTP itself refuses. */
export type ProblemCode = PkiErrorCode | HttpProblemCode;
export type HttpProblemCode = 'requestMalformed' | 'requestTooLarge' | 'pageUnknown' | 'internalError';
