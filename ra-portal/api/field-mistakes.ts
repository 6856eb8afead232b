import type { PkiErrorCode, Violation } from '../../ca-core/errors.ts';
import { pointerOf } from './json-pointer.ts';

/** One thing that is wrong with a request: a body's field by JSON Pointer (RFC 6901), or a query's by name. */
export interface FieldMistake {
  readonly rule: PkiErrorCode | 'fieldUnknown';
  readonly pointer?: string;
  readonly parameter?: string;
  /** Characters, where it is too long. */
  readonly limit?: number;
}

/** A request that cannot be taken as it is, with every mistake at once. */
export class FieldMistakes extends Error {
  readonly mistakes: readonly FieldMistake[];

  constructor(mistakes: readonly FieldMistake[]) {
    super(mistakes.map(({ rule, pointer, parameter }) => `${pointer ?? parameter ?? ''} ${rule}`).join('; '));
    this.name = 'FieldMistakes';
    this.mistakes = mistakes;
  }
}

/** What a step of the portal found wrong with a form, at the fields of the body that it was made of. */
export const atFields = (
  mistakes: readonly (Violation & { readonly rule: PkiErrorCode; readonly limit?: number })[],
): FieldMistakes =>
  new FieldMistakes(
    mistakes.map(({ rule, field, limit }) => ({
      rule,
      pointer: pointerOf([field]),
      ...(limit === undefined ? {} : { limit }),
    })),
  );
