/** What was uploaded, with one more column that says what is wrong with each row: mended, it can be uploaded as it is. */
import type { Language } from '../words/language.ts';
import { say } from '../words/words.ts';
import type { BulkFault } from './bulk-row.ts';
import type { CheckGround } from './check-ground.ts';
import { checkTable } from './check-table.ts';
import { faultText } from './fault-text.ts';
import { niiColumns, type Layout } from './layouts.ts';
import { shownMarks } from './reading/decode.ts';
import { isBreak, type Table, type TextForm } from './reading/table.ts';
import { workbookOf } from './workbook.ts';
import { encodeLines, lineOf } from './write-text.ts';

export interface ErrorFile {
  readonly octets: Buffer;
  readonly form: 'csv' | 'tsv' | 'xlsx';
  /** Whether it had to become UTF-8, for a character that the encoding of the upload lacks. */
  readonly isRecoded: boolean;
}

export interface ErrorFileGround {
  readonly ground: CheckGround;
  readonly table: Table;
  readonly layout: Layout;
  readonly language: Language;
}

/** In the form and encoding of the upload. What could not be decoded comes out as the same octets. */
export async function errorFile(input: ErrorFileGround): Promise<ErrorFile> {
  const rows = await rowsWithErrors(input);
  const { form } = input.table;
  if (form.kind === 'xlsx') {
    const frozen = input.layout.headingRow === 1 ? 1 : 0;
    const octets = await workbookOf([{ name: form.sheet, rows, frozen }], input.ground.now);
    return { octets, form: 'xlsx', isRecoded: false };
  }
  const name = form.delimiter === 'tab' ? 'tsv' : 'csv';
  const octets = encodeLines(
    rows.map(row => lineOf(row, form)),
    form,
  );
  if (octets !== null) return { octets, form: name, isRecoded: false };
  const utf8: TextForm = { ...form, encoding: 'utf-8', bom: true };
  const recoded = encodeLines(
    rows.map(row => shownMarks(lineOf(row, utf8))),
    utf8,
  );
  return { octets: recoded ?? Buffer.alloc(0), form: name, isRecoded: true };
}

/** Every row at its number, empty ones too; faults of the whole table stand beside the headings. */
async function rowsWithErrors({ ground, table, layout, language }: ErrorFileGround): Promise<readonly string[][]> {
  const errors = await errorsByRow({ ground, table, layout, language });
  const rows: string[][] = [];
  let width = layout.headingRow === 0 ? niiColumns : 0;
  for await (const row of table.rows()) {
    if (isBreak(row)) break;
    while (rows.length < row.row - 1) rows.push([]);
    const cells = [...row.cells];
    rows.push(cells);
    width = Math.max(width, cells.findLastIndex(cell => cell !== '') + 1);
  }
  const column = layout.errorColumn ?? width;
  const heading = layout.headingRow;
  const told = [...errors.keys()].filter(row => row > rows.length);
  for (const row of told) while (rows.length < row) rows.push([]);
  for (const [index, cells] of rows.entries()) {
    const row = index + 1;
    const isHeading = row === heading;
    const text = [isHeading ? say(language, 'bulk.errorColumn') : '', errors.get(row) ?? ''].filter(one => one !== '');
    if (text.length === 0 && (cells.length <= column || layout.errorColumn === null)) continue;
    while (cells.length < column) cells.push('');
    cells[column] = isHeading ? say(language, 'bulk.errorColumn') : text.join(' ');
    if (isHeading && errors.has(row)) rows[index] = [...cells, errors.get(row) ?? ''];
  }
  return rows;
}

async function errorsByRow({ ground, table, layout, language }: ErrorFileGround): Promise<Map<number, string>> {
  const errors = new Map<number, string>();
  const tell = ({ row }: BulkFault, text: string): void => {
    const at = Math.max(row, layout.headingRow, 1);
    const before = errors.get(at);
    errors.set(at, before === undefined ? text : `${before} / ${text}`);
  };
  for await (const { faults } of checkTable(ground, table, layout)) {
    for (const fault of faults) tell(fault, faultText(language, fault));
  }
  return errors;
}
