/** The first sheet of an .xlsx as rows of text: what Excel keeps, not what it shows. */
import { dateOfSerial } from './xlsx-dates.ts';
import { openArchive, unreadable } from './xlsx-archive.ts';
import { readWorkbook, textGatherer, type Workbook } from './xlsx-workbook.ts';
import { BrokenXml, readXml, type XmlSink } from './xml-events.ts';
import {
  mostCells,
  mostCharacters,
  mostRows,
  noMarks,
  type CellMark,
  type Table,
  type TableBreak,
  type TableRow,
} from './table.ts';

/** Throws tableUnreadable. */
export async function openWorkbook(octets: Uint8Array): Promise<Table> {
  const archive = await openArchive(octets);
  const workbook = await readWorkbook(archive);
  return { form: { kind: 'xlsx', sheet: workbook.sheet }, rows };

  async function* rows(): AsyncGenerator<TableRow | TableBreak> {
    const part = await archive.open(workbook.path);
    if (part === null) throw unreadable('no sheet');
    const done: TableRow[] = [];
    const pieces = readXml(
      part,
      sheetSink(workbook, row => done.push(row)),
    );
    let broken: TableBreak['broken'] | null = null;
    let last = 0;
    try {
      for (let isOver = false; !isOver && broken === null;) {
        try {
          isOver = (await pieces.next()).done === true;
        } catch (error) {
          if (!(error instanceof BrokenXml)) throw error;
          broken = 'sheetBroken';
        }
        for (const row of done.splice(0)) {
          const isTooMuch = tooMuch(row);
          if (isTooMuch !== null) {
            yield { row: row.row, broken: isTooMuch };
            return;
          }
          last = row.row;
          yield row;
        }
      }
      if (broken !== null) yield { row: last + 1, broken };
    } finally {
      await pieces.return(undefined);
    }
  }
}

function tooMuch({ row, cells }: TableRow): TableBreak['broken'] | null {
  if (row > mostRows) return 'tooManyRows';
  return cells.reduce((sum, cell) => sum + cell.length, 0) > mostCharacters ? 'rowTooLong' : null;
}

interface Cell {
  readonly index: number;
  readonly type: string;
  readonly style: number;
}

/** Gathers rows as they end. Cells beyond mostCells are counted, and their content left. */
function sheetSink(workbook: Workbook, ended: (row: TableRow) => void): XmlSink {
  let row = 0;
  let cells: string[] = [];
  let marks: Map<number, CellMark> | null = null;
  let cell: Cell | null = null;
  let value = '';
  let isValue = false;
  const inline = textGatherer('is', text => (value = text));
  const keep = ({ index, type, style }: Cell): void => {
    const read = readCell({ type, value, isDate: workbook.isDateStyle[style] ?? false }, workbook);
    while (cells.length < index) cells.push('');
    cells[index] = read.text;
    if (read.mark !== null) (marks ??= new Map()).set(index, read.mark);
  };
  return {
    begin: (name, attributes) => {
      if (name === 'row') {
        row = rowNumber(attributes['r'], row);
        cells = [];
        marks = null;
      } else if (name === 'c') {
        const index = Math.min(mostCells, columnIndex(attributes['r']) ?? cells.length);
        cell = { index, type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? 0) };
        value = '';
      } else if (name === 'v') isValue = true;
      else inline.begin(name, attributes);
    },
    text: piece => {
      if (isValue && value.length <= mostCharacters) value += piece;
      else inline.text(piece);
    },
    end: name => {
      if (name === 'v') isValue = false;
      else if (name === 'c') {
        if (cell !== null && cell.index <= mostCells) keep(cell);
        cell = null;
      } else if (name === 'row') ended({ row, cells, marks: marks ?? noMarks });
      else inline.end(name);
    },
  };
}

const rowNumber = (written: string | undefined, before: number): number => {
  const number = Number(written ?? before + 1);
  return Number.isSafeInteger(number) && number > before ? number : before + 1;
};

/** `AB12` → 27. */
function columnIndex(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  return Array.from(letters).reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

interface RawCell {
  /** `t` of ECMA-376 part 1 §18.18.11. */
  readonly type: string;
  readonly value: string;
  readonly isDate: boolean;
}

interface ReadCell {
  readonly text: string;
  readonly mark: CellMark | null;
}

function readCell({ type, value, isDate }: RawCell, { strings, from1904 }: Workbook): ReadCell {
  if (type === 's') return { text: strings[Number(value)] ?? '', mark: null };
  if (type === 'inlineStr' || type === 'str') return { text: value, mark: null };
  if (value === '') return { text: '', mark: null };
  if (type === 'e') return { text: value, mark: 'error' };
  if (type === 'b') return { text: value === '1' ? 'TRUE' : 'FALSE', mark: null };
  if (type === 'd') return { text: value.slice(0, 10), mark: 'date' };
  const number = Number(value);
  const date = isDate ? dateOfSerial(number, from1904) : null;
  return date === null ? { text: String(number), mark: 'number' } : { text: date, mark: 'date' };
}
