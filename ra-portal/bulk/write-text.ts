/** Rows as Excel writes them into a file of text, in the encoding and with the delimiter that a file has. */
import { byteOrderMark, encodeText } from './reading/encode.ts';
import type { TextForm } from './reading/table.ts';
import { delimiterCharacters } from './reading/text-table.ts';

/** One line with its end; quotes where they are needed, and none where the layout knows none. */
export function lineOf(cells: readonly string[], { delimiter, lineEnd, quotes }: TextForm): string {
  const written = cells.map(cell => (quotes ? quoted(cell, delimiterCharacters[delimiter]) : cell));
  return written.join(delimiterCharacters[delimiter]) + (lineEnd === 'CRLF' ? '\r\n' : '\n');
}

const quoted = (cell: string, delimiter: string): string =>
  /["\r\n]/.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell;

/** Null where the encoding lacks a character of it. */
export function encodeLines(lines: readonly string[], { encoding, bom }: TextForm): Buffer | null {
  const parts = lines.map(line => encodeText(line, encoding));
  const whole = parts.filter(part => part !== null);
  if (whole.length < parts.length) return null;
  return Buffer.concat(bom ? [byteOrderMark[encoding], ...whole] : whole);
}
