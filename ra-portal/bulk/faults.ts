import type { Violation } from '../../ca-core/errors.ts';
import type { SubjectNames } from '../../ca-core/index.ts';
import type { BulkFault, BulkRule } from './bulk-row.ts';
import type { BulkField } from './columns.ts';
import type { FieldCell } from './layouts.ts';
import { shownMarks } from './reading/decode.ts';
import { columnLetters } from './reading/table.ts';

export interface FaultPlace {
  readonly row: number;
  readonly field: BulkField | null;
  /** Undefined where the row has no such cell. */
  readonly cell: FieldCell | undefined;
}

/** Characters of a cell that are repeated. */
const longestShown = 80;

export function faultAt(
  { row, field, cell }: FaultPlace,
  rule: BulkRule,
  { isSecret = false, values = {} }: { readonly isSecret?: boolean; readonly values?: BulkFault['values'] },
): BulkFault {
  const shown = isSecret ? '' : shownMarks(cell?.text.trim() ?? '');
  const value = shown.length > longestShown ? `${shown.slice(0, longestShown)}…` : shown;
  return { row, column: cell === undefined ? '' : columnLetters(cell.index), field, value, rule, values };
}

export const isViolations = (names: SubjectNames | readonly Violation[]): names is readonly Violation[] =>
  Array.isArray(names);

/** Of a whole row. */
export const rowFault = (row: number, rule: BulkRule, values: BulkFault['values'] = {}): BulkFault =>
  faultAt({ row, field: null, cell: undefined }, rule, { values });
