/** What a dry run found, as a page shows it. */
import type { BulkFault } from './bulk-row.ts';
import type { CheckGround } from './check-ground.ts';
import { checkTable } from './check-table.ts';
import type { BulkField } from './columns.ts';
import { isRomanOnly, type Layout, type LayoutName } from './layouts.ts';
import { shownMarks } from './reading/decode.ts';
import { firstRows, type Table, type TableForm } from './reading/table.ts';

export interface Verdict {
  readonly form: TableForm;
  readonly layout: LayoutName;
  readonly headingRow: number;
  /** Fields that the table has a column for. */
  readonly fields: readonly BulkField[];
  readonly ignored: readonly string[];
  readonly hasPasswords: boolean;
  readonly isRomanOnly: boolean;
  /** The first five rows, cut where they are long. */
  readonly sample: readonly { readonly row: number; readonly cells: readonly string[] }[];
  readonly people: number;
  readonly faultyRows: number;
  readonly faultCount: number;
  /** The first of them. */
  readonly faults: readonly BulkFault[];
}

export const sampleRows = 5;
/** Faults that are kept to be shown; an error file has all. */
export const mostFaults = 5_000;
const mostSampleCells = 20;
const longestSample = 40;

export interface VerdictGround {
  readonly ground: CheckGround;
  readonly table: Table;
  readonly layout: Layout;
  /** Told every thousand rows how far it is. */
  readonly progress?: (rows: number) => void;
}

export async function verdictOf({ ground, table, layout, progress }: VerdictGround): Promise<Verdict> {
  const faults: BulkFault[] = [];
  let [people, faultyRows, faultCount] = [0, 0, 0];
  for await (const checked of checkTable(ground, table, layout)) {
    const isPerson = checked.row > layout.headingRow;
    if (isPerson) people += 1;
    if (isPerson && checked.faults.length > 0) faultyRows += 1;
    faultCount += checked.faults.length;
    if (faults.length < mostFaults) faults.push(...checked.faults.slice(0, mostFaults - faults.length));
    if (people % 1_000 === 0) progress?.(people);
  }
  const sample = await firstRows(table, sampleRows);
  return {
    form: table.form,
    layout: layout.name,
    headingRow: layout.headingRow,
    fields: [...layout.fields],
    ignored: layout.ignored,
    hasPasswords: layout.hasPasswords,
    isRomanOnly: isRomanOnly(layout),
    sample: sample.map(({ row, cells }) => ({ row, cells: cells.slice(0, mostSampleCells).map(cut) })),
    people,
    faultyRows,
    faultCount,
    faults,
  };
}

function cut(cell: string): string {
  const shown = shownMarks(cell);
  return shown.length > longestSample ? `${shown.slice(0, longestSample)}…` : shown;
}
