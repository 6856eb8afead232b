/** A workbook as Excel writes it: shared strings in runs with furigana, styles, a hidden sheet before the one that counts. */
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

export interface XlsxChoice {
  /** Raw rows before and after the table's. */
  readonly sheetStart?: string;
  readonly sheetEnd?: string;
  readonly doctype?: string;
}

const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

export async function anXlsx(
  rows: readonly (readonly string[])[],
  { sheetStart = '', sheetEnd = '', doctype = '' }: XlsxChoice = {},
): Promise<Buffer> {
  const strings: string[] = [];
  const cell = (text: string, row: number, column: number): string => {
    if (text === '') return '';
    strings.push(text);
    return `<c r="${String.fromCharCode(65 + column)}${row}" t="s"><v>${strings.length - 1}</v></c>`;
  };
  const lines = rows
    .map((cells, index) => ({ index, cells }))
    .filter(({ cells }) => cells.join('') !== '')
    .map(
      ({ cells, index }) =>
        `<row r="${index + 1}">${cells.map((text, at) => cell(text, index + 1, at)).join('')}</row>`,
    );
  const sheet = `<worksheet ${main}><sheetData>${sheetStart}${lines.join('')}${sheetEnd}</sheetData></worksheet>`;
  const zip = new ZipFile();
  const add = (name: string, xml: string): void =>
    zip.addBuffer(Buffer.from(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n${xml}`), name);
  add('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>');
  add('_rels/.rels', relations([`${office}/officeDocument`, 'xl/workbook.xml']));
  add(
    'xl/workbook.xml',
    `${doctype}<workbook ${main} xmlns:r="${office}"><workbookPr/><sheets><sheet name="隠" sheetId="1" state="hidden" r:id="rId1"/><sheet name="名簿" sheetId="2" r:id="rId2"/></sheets></workbook>`,
  );
  add(
    'xl/_rels/workbook.xml.rels',
    relations(
      [`${office}/worksheet`, 'worksheets/sheet1.xml'],
      [`${office}/worksheet`, '/xl/worksheets/sheet2.xml'],
      [`${office}/styles`, 'styles.xml'],
      [`${office}/sharedStrings`, 'sharedStrings.xml'],
    ),
  );
  add('xl/worksheets/sheet1.xml', `<worksheet ${main}><sheetData/></worksheet>`);
  add(
    'xl/styles.xml',
    `<styleSheet ${main}><numFmts><numFmt numFmtId="176" formatCode="m&quot;月&quot;d&quot;日&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/></cellXfs></styleSheet>`,
  );
  add('xl/sharedStrings.xml', `<sst ${main}>${strings.map(shared).join('')}</sst>`);
  add('xl/worksheets/sheet2.xml', sheet);
  zip.end();
  return buffer(zip.outputStream);
}

const relations = (...links: readonly (readonly [string, string])[]): string =>
  `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${links
    .map(([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

/** Two runs, and a reading that is no part of the text. */
function shared(text: string): string {
  const half = Math.ceil(text.length / 2);
  const run = (part: string): string => `<r><rPr/><t xml:space="preserve">${escaped(part)}</t></r>`;
  return `<si>${run(text.slice(0, half))}${run(text.slice(half))}<rPh sb="0" eb="1"><t>ヨミ</t></rPh></si>`;
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\r/g, '_x000D_');
