/** A table as somebody's program wrote it: rows as Excel numbers them, cells as text, and what befell them on the way. */

export const encodings = ['utf-8', 'cp932', 'utf-16le'] as const;
/** CP932 is Windows-31J, what Excel calls "CSV (コンマ区切り)" in Japan. */
export type Encoding = (typeof encodings)[number];

export const delimiters = ['comma', 'tab', 'semicolon'] as const;
export type Delimiter = (typeof delimiters)[number];

/** How a file is read: as it was found out, or as a person says. */
export interface TextForm {
  readonly kind: 'text';
  readonly encoding: Encoding;
  /** Whether it begins with a byte order mark. */
  readonly bom: boolean;
  readonly delimiter: Delimiter;
  readonly lineEnd: 'CRLF' | 'LF';
  /** False for layouts that know no quoting: a `"` is then a character like any other. */
  readonly quotes: boolean;
}

export interface WorkbookForm {
  readonly kind: 'xlsx';
  /** The first sheet that is not hidden. */
  readonly sheet: string;
}

export type TableForm = TextForm | WorkbookForm;

/** What a person may say about a file of text. */
export type Chosen = Partial<Pick<TextForm, 'encoding' | 'delimiter' | 'quotes'>>;

/**
 * `undecodable`: octets that are no character of the encoding, kept in the cell between two marks (decode.ts) · `date`:
 * Excel holds a date, the cell is yyyy-mm-dd · `number`: Excel holds a number · `error`: Excel holds an error such as #N/A.
 */
export type CellMark = 'undecodable' | 'date' | 'number' | 'error';

export interface TableRow {
  /** As Excel numbers it, from 1 on; a line break inside quotes begins no row. */
  readonly row: number;
  readonly cells: readonly string[];
  /** By the cell's index; mostly empty. */
  readonly marks: ReadonlyMap<number, CellMark>;
}

/**
 * Where the rest of a table cannot be read. `quoteOpen`: a quote that is never closed begins in this row ·
 * `rowTooLong` · `tooManyRows` · `sheetBroken`: the sheet's XML ends or errs here.
 */
export interface TableBreak {
  readonly row: number;
  readonly broken: 'quoteOpen' | 'rowTooLong' | 'tooManyRows' | 'sheetBroken';
}

export interface Table {
  readonly form: TableForm;
  /** From the first row each time; no more than a few rows stand in memory. A break is the last thing told. */
  readonly rows: () => AsyncIterable<TableRow | TableBreak>;
}

export const isBreak = (row: TableRow | TableBreak): row is TableBreak => 'broken' in row;

/** Rows of a table, empty ones among them, beyond which nothing is read. */
export const mostRows = 100_000;
/** Cells of a row beyond which it is no row of ours. */
export const mostCells = 200;
/** Characters of one row. */
export const mostCharacters = 65_536;

export const noMarks: ReadonlyMap<number, CellMark> = new Map();

/** `A` for 0, `Z` for 25, `AA` for 26, as Excel names columns. */
export function columnLetters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnLetters(Math.floor(index / 26) - 1) + last;
}

/** The first so many rows, as they are. */
export async function firstRows(table: Table, count: number): Promise<readonly TableRow[]> {
  const rows: TableRow[] = [];
  for await (const row of table.rows()) {
    if (isBreak(row)) break;
    rows.push(row);
    if (rows.length >= count) break;
  }
  return rows;
}
