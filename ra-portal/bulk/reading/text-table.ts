import { CsvError, parse, type Options } from 'csv-parse';
import { hasMarks, openDecoder } from './decode.ts';
import { byteOrderMark } from './encode.ts';
import { piecesOf } from './find-form.ts';
import {
  mostCharacters,
  mostRows,
  noMarks,
  type CellMark,
  type Delimiter,
  type TableBreak,
  type TableRow,
  type TextForm,
} from './table.ts';

export const delimiterCharacters: Readonly<Record<Delimiter, string>> = { comma: ',', tab: '\t', semicolon: ';' };

/** RFC 4180, as Excel writes it: rows are counted as Excel counts them, empty ones too. */
export async function* textRows(octets: Uint8Array, form: TextForm): AsyncGenerator<TableRow | TableBreak> {
  const done: string[][] = [];
  const write = openParser(form, cells => done.push(cells));
  let row = 0;
  for (const text of textOf(octets, form)) {
    const broken = await write(text);
    for (const cells of done.splice(0)) {
      row += 1;
      if (row > mostRows) {
        yield { row, broken: 'tooManyRows' };
        return;
      }
      yield { row, cells, marks: marksIn(cells) };
    }
    if (broken !== null) {
      yield { row: row + 1, broken };
      return;
    }
  }
}

type Write = (text: string | null) => Promise<TableBreak['broken'] | null>;

/** Rows are told as soon as they are read, so that none is lost where a later one is broken; null ends the text. */
function openParser(form: TextForm, told: (cells: string[]) => void): Write {
  const parser = parse({
    ...dialectOf(form),
    on_record: (cells: string[]) => {
      told(cells);
      return null;
    },
  });
  let error: Error | null = null;
  parser.on('error', (found: Error) => (error ??= found));
  parser.resume();
  return async text => {
    await new Promise<void>(resolve => {
      if (text !== null) parser.write(text, () => resolve());
      else {
        parser.once('error', () => resolve());
        parser.end(() => resolve());
      }
    });
    if (error === null) return null;
    const found: Error = error;
    if (!(found instanceof CsvError)) throw found;
    return found.code === 'CSV_QUOTE_NOT_CLOSED' ? 'quoteOpen' : 'rowTooLong';
  };
}

/** Piece by piece, and null at the end. */
function* textOf(octets: Uint8Array, { encoding, bom }: TextForm): Generator<string | null> {
  const decoder = openDecoder(encoding);
  const content = octets.subarray(bom ? byteOrderMark[encoding].length : 0);
  for (const piece of piecesOf(content)) {
    const text = decoder.write(piece);
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
  yield null;
}

function dialectOf({ delimiter, quotes }: TextForm): Options {
  return {
    delimiter: delimiterCharacters[delimiter],
    quote: quotes ? '"' : null,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: false,
    max_record_size: mostCharacters,
  };
}

function marksIn(cells: readonly string[]): ReadonlyMap<number, CellMark> {
  if (!cells.some(hasMarks)) return noMarks;
  return new Map(cells.flatMap((cell, index) => (hasMarks(cell) ? [[index, 'undecodable'] as const] : [])));
}
