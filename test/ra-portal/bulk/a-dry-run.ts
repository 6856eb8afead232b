/** What a dry run finds in a file, and a file as organisations upload it. */
import type { BulkFault, BulkRow } from '../../../ra-portal/bulk/bulk-row.ts';
import type { CheckGround } from '../../../ra-portal/bulk/check-ground.ts';
import { checkTable, layoutOf } from '../../../ra-portal/bulk/check-table.ts';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import type { Encoding, Table } from '../../../ra-portal/bulk/reading/table.ts';
import { octetsOf } from './a-table.ts';
import { csvOf } from './people.ts';

export interface Checked {
  readonly faults: readonly BulkFault[];
  readonly rows: readonly BulkRow[];
  readonly table: Table;
}

/** All that is wrong with a file, and the rows that are right. */
export async function check(octets: Uint8Array, of: CheckGround): Promise<Checked> {
  const table = await openTable(octets);
  const faults: BulkFault[] = [];
  const rows: BulkRow[] = [];
  for await (const checked of checkTable(of, table, await layoutOf(table, of))) {
    faults.push(...checked.faults);
    if (checked.bulkRow !== null) rows.push(checked.bulkRow);
  }
  return { faults, rows, table };
}

/** A CSV in that encoding, with the mark that Excel sets before it. */
export const encoded = (rows: readonly (readonly string[])[], encoding: Encoding = 'utf-8'): Buffer =>
  octetsOf(csvOf(rows), encoding, 'marked');

/** Row, column, rule and the value that is repeated of it. */
export const brief = (faults: readonly BulkFault[]): readonly string[] =>
  faults.map(({ row, column, rule, value }) => `${row}${column} ${rule} ${value}`);
