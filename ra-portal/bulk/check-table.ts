import type { BulkFault, BulkRule, CheckedRow } from './bulk-row.ts';
import type { CheckGround } from './check-ground.ts';
import { checkRow, type RowGround } from './check-row.ts';
import type { BulkField } from './columns.ts';
import { faultAt, rowFault } from './faults.ts';
import { findLayout, type Layout, type LayoutName } from './layouts.ts';
import { standingOfOrganisation } from './organisation-standing.ts';
import { readRow, type ReadRow } from './read-row.ts';
import { firstRows, isBreak, type Table, type TableRow } from './reading/table.ts';

/** Rows among which the headings must be. */
const headRows = 10;

export const layoutOf = async (table: Table, ground: CheckGround, chosen?: LayoutName): Promise<Layout> =>
  findLayout(await firstRows(table, headRows), ground.profile, chosen);

/**
 * The dry run: every row of a table, in its order, with all that is wrong with it, or as what a job takes. Faults of the
 * whole table come first, as row 0 or the headings' row. Nothing is written and nothing asked for; of what was read only
 * mailboxes and references stay in memory, to tell what stands twice.
 */
export async function* checkTable(ground: CheckGround, table: Table, layout: Layout): AsyncGenerator<CheckedRow> {
  const standing = standingOfOrganisation(ground);
  const ofTable = [...standing.faults, ...faultsOfHeadings(layout, ground)];
  if (ofTable.length > 0) yield { row: layout.headingRow, faults: ofTable, bulkRow: null };
  const isWhole = ofTable.every(({ rule }) => rule !== 'columnMissing');
  const rowGround: RowGround = { ground, standing, isWhole, verdicts: new Map() };
  const seen = newSightings();
  let people = 0;
  for await (const row of table.rows()) {
    if (isBreak(row)) {
      yield { row: row.row, faults: [rowFault(row.row, row.broken)], bulkRow: null };
      return;
    }
    if (row.row <= layout.headingRow || isEmpty(row)) continue;
    people += 1;
    const read = readRow(row, layout, ground);
    yield withRepeats(checkRow(read, rowGround), read, seen);
  }
  if (people === 0) yield { row: layout.headingRow, faults: [rowFault(layout.headingRow, 'noRows')], bulkRow: null };
}

const isEmpty = ({ cells }: TableRow): boolean => cells.every(cell => cell.trim() === '');

function faultsOfHeadings(layout: Layout, { defaults }: CheckGround): readonly BulkFault[] {
  const missing = layout.missing.filter(field => (defaults[field] ?? '') === '');
  return [
    ...missing.map(field => faultAt({ row: layout.headingRow, field, cell: undefined }, 'columnMissing', {})),
    ...layout.twice.map(cell => faultAt({ row: layout.headingRow, field: null, cell }, 'columnTwice', {})),
  ];
}

interface Sightings {
  readonly mailboxes: Map<string, number>;
  readonly references: Map<string, number>;
  /** How many digits a reference with a zero in front has. */
  zeroWidth: number;
}

const newSightings = (): Sightings => ({ mailboxes: new Map(), references: new Map(), zeroWidth: 0 });

/** The first of several rows is right, and every further one tells which that was. */
function withRepeats(checked: CheckedRow, read: ReadRow, seen: Sightings): CheckedRow {
  const { reference = '', mailbox = '' } = read.texts;
  const repeats = [
    repeat({ read, field: 'mailbox', rule: 'duplicateInFile', before: seen.mailboxes, key: mailbox.toLowerCase() }),
    lostZeros(read, reference, seen) ??
      repeat({ read, field: 'reference', rule: 'referenceTwice', before: seen.references, key: reference }),
  ].filter(fault => fault !== null && !checked.faults.some(({ field }) => field === fault.field));
  const faults = [...checked.faults, ...repeats.filter(fault => fault !== null)];
  return faults.length === 0 ? checked : { row: checked.row, faults, bulkRow: null };
}

interface Repeat {
  readonly read: ReadRow;
  readonly field: BulkField;
  readonly rule: BulkRule;
  readonly before: Map<string, number>;
  readonly key: string;
}

function repeat({ read, field, rule, before, key }: Repeat): BulkFault | null {
  if (key === '') return null;
  const first = before.get(key);
  if (first === undefined) before.set(key, read.row);
  return first === undefined ? null : faultAt(read.placeOf(field), rule, { values: { first } });
}

/** Where others are written 00123, 124 has lost what Excel takes for nothing. */
function lostZeros(read: ReadRow, reference: string, seen: Sightings): BulkFault | null {
  if (!/^\d+$/.test(reference)) return null;
  if (reference.startsWith('0')) seen.zeroWidth = Math.max(seen.zeroWidth, reference.length);
  const isShort = reference.length < seen.zeroWidth && !reference.startsWith('0');
  return isShort ? faultAt(read.placeOf('reference'), 'excelZeros', { values: { digits: seen.zeroWidth } }) : null;
}
