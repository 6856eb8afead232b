/** How a file of text is encoded and divided, from its own octets. What is found is shown, and can be changed. */
import { isUtf8 } from 'node:buffer';
import { openDecoder, shownMarks } from './decode.ts';
import { byteOrderMark } from './encode.ts';
import type { Chosen, Delimiter, Encoding, TextForm } from './table.ts';

/** Octets whose text tells how the table is divided. */
const headLength = 65_536;
const pieceLength = 65_536;

/** Strict UTF-8 first, then CP932; of two that both fail, the one with fewer bad octets. */
export function findForm(octets: Uint8Array, chosen: Chosen): TextForm {
  const marked = markedEncoding(octets);
  const encoding = chosen.encoding ?? marked ?? unmarkedEncoding(octets);
  const bom = marked === encoding;
  const head = headOf(octets.subarray(bom ? byteOrderMark[encoding].length : 0), encoding);
  const isCommaless = chosen.delimiter === undefined && isNii(head);
  return {
    kind: 'text',
    encoding,
    bom,
    delimiter: chosen.delimiter ?? (isCommaless ? 'tab' : delimiterIn(head)),
    lineEnd: head.includes('\r\n') ? 'CRLF' : 'LF',
    quotes: chosen.quotes ?? !isCommaless,
  };
}

/** In pieces, so that the whole text never stands in memory. */
export function* piecesOf(octets: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < octets.length; from += pieceLength) yield octets.subarray(from, from + pieceLength);
}

function markedEncoding(octets: Uint8Array): Encoding | undefined {
  const isBegunBy = (mark: Buffer): boolean => mark.length > 0 && mark.equals(octets.subarray(0, mark.length));
  return (['utf-8', 'utf-16le'] as const).find(encoding => isBegunBy(byteOrderMark[encoding]));
}

function unmarkedEncoding(octets: Uint8Array): Encoding {
  if (looksWide(octets)) return 'utf-16le';
  if (isUtf8(octets)) return 'utf-8';
  const cp932 = badOctets(octets, 'cp932');
  return cp932 === 0 || cp932 <= badOctets(octets, 'utf-8') ? 'cp932' : 'utf-8';
}

/** Tabs and digits of UTF-16 have a zero for every other octet; text of no other encoding has one. */
function looksWide(octets: Uint8Array): boolean {
  const head = octets.subarray(0, headLength);
  return head.some((octet, at) => at % 2 === 1 && octet === 0);
}

function badOctets(octets: Uint8Array, encoding: Encoding): number {
  const decoder = openDecoder(encoding);
  let bad = 0;
  const count = (text: string): number => text.split('\ufdd0').length - 1;
  for (const piece of piecesOf(octets)) bad += count(decoder.write(piece));
  return bad + count(decoder.end());
}

const headOf = (octets: Uint8Array, encoding: Encoding): string =>
  shownMarks(openDecoder(encoding).write(octets.subarray(0, headLength)));

/** The delimiter that stands most often in the first line, outside quotes. */
function delimiterIn(head: string): Delimiter {
  const line = (/^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(head.trimStart())?.[0] ?? '').replace(/"(?:[^"]|"")*"/g, '');
  const count = (character: string): number => line.split(character).length;
  const [tab, comma, semicolon] = ['\t', ',', ';'].map(count);
  if ((tab ?? 0) > 1 && (tab ?? 0) >= (comma ?? 0)) return 'tab';
  return (semicolon ?? 0) > (comma ?? 0) ? 'semicolon' : 'comma';
}

/** NII's lines begin with a subject and go on with tabs; nothing in them is quoted. */
export const isNii = (head: string): boolean => /^"?CN=[^\t\r\n]+\t/i.test(head);
