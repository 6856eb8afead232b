/** An .xlsx whose every cell is text (ECMA-376): Excel shows what stands there, and changes nothing of it. */
import { buffer } from 'node:stream/consumers';
import { columnLetters } from './reading/table.ts';
import { openZip } from './zip.ts';

export interface SheetText {
  readonly name: string;
  /** The first row is the headings, if any row is. */
  readonly rows: readonly (readonly string[])[];
  /** How many rows stay in sight. */
  readonly frozen: 0 | 1;
}

/** `at` in Unix seconds. */
export async function workbookOf(sheets: readonly SheetText[], at: number): Promise<Buffer> {
  const zip = openZip(at);
  zip.addText('[Content_Types].xml', contentTypes(sheets));
  zip.addText('_rels/.rels', relations([{ type: 'officeDocument', target: 'xl/workbook.xml' }]));
  zip.addText('xl/workbook.xml', workbookXml(sheets));
  const parts = sheets.map((_, index) => ({ type: 'worksheet', target: `worksheets/sheet${index + 1}.xml` }));
  zip.addText('xl/_rels/workbook.xml.rels', relations([...parts, { type: 'styles', target: 'styles.xml' }]));
  zip.addText('xl/styles.xml', styles);
  for (const [index, sheet] of sheets.entries()) zip.addText(`xl/worksheets/sheet${index + 1}.xml`, sheetXml(sheet));
  zip.end();
  return buffer(zip.stream);
}

const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

function contentTypes(sheets: readonly SheetText[]): string {
  const parts = sheets.map(
    (_, index) => `<Override PartName="/xl/worksheets/sheet${index + 1}.xml" ContentType="${types}.worksheet+xml"/>`,
  );
  return `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${types}.sheet.main+xml"/>${parts.join('')}<Override PartName="/xl/styles.xml" ContentType="${types}.styles+xml"/></Types>`;
}

function relations(links: readonly { readonly type: string; readonly target: string }[]): string {
  const lines = links.map(
    ({ type, target }, index) => `<Relationship Id="rId${index + 1}" Type="${office}/${type}" Target="${target}"/>`,
  );
  return `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${lines.join('')}</Relationships>`;
}

function workbookXml(sheets: readonly SheetText[]): string {
  const lines = sheets.map(
    ({ name }, index) => `<sheet name="${escaped(name.slice(0, 31))}" sheetId="${index + 1}" r:id="rId${index + 1}"/>`,
  );
  return `${head}<workbook ${main} xmlns:r="${office}"><sheets>${lines.join('')}</sheets></workbook>`;
}

/** Format 49 is `@`, text: style 1 for cells and whole columns, style 2 for headings. */
const styles = `${head}<styleSheet ${main}><fonts count="2"><font><sz val="11"/><name val="Yu Gothic"/></font><font><b/><sz val="11"/><name val="Yu Gothic"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`;

function sheetXml({ rows, frozen }: SheetText): string {
  const width = Math.max(1, ...rows.map(row => row.length));
  const pane = `<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`;
  const lines = rows.map((row, index) => rowXml(row, index + 1, index < frozen ? 2 : 1));
  return `${head}<worksheet ${main}><sheetViews><sheetView workbookViewId="0">${frozen === 1 ? pane : ''}</sheetView></sheetViews><cols><col min="1" max="${width}" width="20" style="1" customWidth="1"/></cols><sheetData>${lines.join('')}</sheetData></worksheet>`;
}

function rowXml(cells: readonly string[], row: number, style: number): string {
  const lines = cells.map((text, index) =>
    text === ''
      ? ''
      : `<c r="${columnLetters(index)}${row}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`,
  );
  return `<row r="${row}">${lines.join('')}</row>`;
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What XML cannot hold, and what looks like such an escape, is written as `_x000D_` (ECMA-376 part 1 §22.4.2.4). */
function escaped(text: string): string {
  return text
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(
      /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      character => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`,
    )
    .replace(/[&<>"]/g, character => entities[character] ?? character);
}
