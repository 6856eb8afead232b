/** The passwords of a job as files, made in the browser: CSV that no spreadsheet takes for formulas, and a PDF to print. */
import { PDFDocument, StandardFonts, type PDFFont, type PDFPage } from 'pdf-lib';

export interface OpenedPassword {
  readonly rowNumber: number;
  readonly caseId: string;
  readonly name: string;
  readonly romanName: string;
  readonly mailbox: string;
  readonly password: string;
}

/** UTF-8 with a byte order mark; what a spreadsheet would compute stands behind an apostrophe. */
export function pinSheetCsv(opened: readonly OpenedPassword[], headings: readonly string[]): string {
  const lines = opened.map(({ rowNumber, name, mailbox, caseId, password }) => [
    String(rowNumber),
    ...[name, mailbox, caseId, password],
  ]);
  return '\uFEFF' + [headings, ...lines].map(line => line.map(safeCell).join(',') + '\r\n').join('');
}

function safeCell(text: string): string {
  const isFormula = /^[\s\u3000]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text);
  return `"${(isFormula ? `'${text}` : text).replaceAll('"', '""')}"`;
}

const page = { width: 595, height: 842, margin: 48, onPage: 12 };

/** A4, twelve people a page, one under the other to be cut apart. Roman names, as the built-in fonts have no others. */
export async function pinSheetPdf(opened: readonly OpenedPassword[], job: string): Promise<Uint8Array<ArrayBuffer>> {
  const document = await PDFDocument.create();
  const fonts = {
    plain: await document.embedFont(StandardFonts.Helvetica),
    code: await document.embedFont(StandardFonts.CourierBold),
  };
  for (let from = 0; from < opened.length; from += page.onPage) {
    const sheet = document.addPage([page.width, page.height]);
    opened.slice(from, from + page.onPage).forEach((one, index) => {
      drawOne(sheet, one, { fonts, job, top: page.height - page.margin - index * 62 });
    });
  }
  return new Uint8Array(await document.save());
}

interface Drawing {
  readonly fonts: { readonly plain: PDFFont; readonly code: PDFFont };
  readonly job: string;
  readonly top: number;
}

function drawOne(sheet: PDFPage, one: OpenedPassword, { fonts, job, top }: Drawing): void {
  const x = page.margin;
  const said = `${job}  ${one.rowNumber}  ${one.caseId}`;
  sheet.drawText(said, { x, y: top, size: 9, font: fonts.plain });
  sheet.drawText(latin(`${one.romanName}  <${one.mailbox}>`), { x, y: top - 14, size: 10, font: fonts.plain });
  sheet.drawText(one.password, { x, y: top - 32, size: 14, font: fonts.code });
  sheet.drawLine({
    start: { x, y: top - 44 },
    end: { x: page.width - page.margin, y: top - 44 },
    thickness: 0.5,
    dashArray: [3, 3],
  });
}

/** What the built-in fonts can write. */
const latin = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?');
