import type { Response } from 'express';
import type { PkiErrorCode, Violation } from '../../ca-core/errors.ts';
import type { WordKey } from '../words/words.ts';
import { mannersOf } from './manners.ts';

export interface ShownMistake {
  readonly field: string;
  readonly rule: string;
  readonly label: string;
  readonly sentence: string;
}

/** Mistakes in words, in the order of the form. */
export function showMistakes(
  response: Response,
  mistakes: readonly (Violation & { readonly limit?: number; readonly seconds?: number })[],
): readonly ShownMistake[] {
  const { say, label } = mannersOf(response);
  return mistakes.map(({ rule, field, limit = 64, seconds = 0 }) => ({
    field,
    rule,
    label: label(field),
    sentence: say(`error.${rule}` as WordKey, { limit, seconds }),
  }));
}

/** RFC 9457, with all mistakes at once; the first one names the problem. */
export function answerMistakes(response: Response, mistakes: readonly ShownMistake[]): void {
  const first = mistakes[0];
  const code = (first?.rule ?? 'fieldInvalid') as PkiErrorCode;
  const violations = mistakes.map(({ field, rule, sentence }) => ({ field, rule, sentence }));
  const title = first?.sentence ?? '';
  response.status(422).type('application/problem+json');
  response.send(JSON.stringify({ type: `urn:kakuin:refusal:${code}`, title, status: 422, code, violations }));
}
