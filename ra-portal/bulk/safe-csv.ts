/** CSV (RFC 4180) that a spreadsheet shows as it is: what would be a formula there stands behind an apostrophe. */

const bom = '\uFEFF';

/** UTF-8 with a byte order mark, so that Excel reads it as such. */
export function safeCsv(lines: readonly (readonly (string | number)[])[]): string {
  return bom + lines.map(line => line.map(safeCell).join(',') + '\r\n').join('');
}

/** OWASP, CSV injection: = + - @, also after white space, tab or full width. */
export function safeCell(value: string | number): string {
  const text = String(value);
  const isFormula = typeof value === 'string' && /^[\s\u3000]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text);
  return `"${(isFormula ? `'${text}` : text).replaceAll('"', '""')}"`;
}
