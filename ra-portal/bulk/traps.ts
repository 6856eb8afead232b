/** What Excel, a converter or a hurried hand did to a cell, recognised by what is left of it. */
import type { BulkField } from './columns.ts';
import type { FieldCell } from './layouts.ts';
import type { BulkRule } from './bulk-row.ts';

export interface Trap {
  readonly rule: BulkRule;
  /** Whether what stands in the cell must not be repeated. */
  readonly isSecret?: true;
}

/** The first thing that is wrong with a cell whatever its column wants; null for a cell that can be read. */
export function trapIn(field: BulkField, cell: FieldCell): Trap | null {
  if (cell.mark === 'undecodable') return { rule: 'undecodable' };
  if (cell.mark === 'error') return { rule: 'excelError' };
  const text = cell.text.trim();
  if (text === '') return null;
  const found = traps.find(({ fits }) => fits(text, field, cell));
  return found === undefined ? null : found.trap;
}

interface TrapRule {
  readonly trap: Trap;
  readonly fits: (text: string, field: BulkField, cell: FieldCell) => boolean;
}

const names: readonly BulkField[] = ['kanjiName', 'kanaName', 'romanName', 'organisationName'];
const isName = (field: BulkField): boolean => names.includes(field);

const traps: readonly TrapRule[] = [
  { trap: { rule: 'excelError' }, fits: text => /^#(?:N\/A|REF!|NAME\?|VALUE!|NUM!|DIV\/0!|NULL!|#+)$/.test(text) },
  {
    trap: { rule: 'replacementCharacter' },
    fits: (text, field) => text.includes('\ufffd') || (isName(field) && /[?？]/.test(text)),
  },
  { trap: { rule: 'privateCharacter' }, fits: text => /\p{Co}/u.test(text) },
  { trap: { rule: 'lineBreak' }, fits: text => /[\r\n]/.test(text) },
  {
    trap: { rule: 'formula' },
    fits: (text, field) => (isName(field) || field === 'reference') && /^[=+@\t-]/.test(text),
  },
  { trap: { rule: 'excelScientific' }, fits: text => /^[+-]?\d(?:\.\d+)?E\+\d{2,}$/i.test(text.normalize('NFKC')) },
  { trap: { rule: 'excelDate' }, fits: isWrongDate },
  {
    trap: { rule: 'individualNumber', isSecret: true },
    fits: (text, field) => field !== 'corporateNumber' && /^\d{12}$/.test(digitsOnly(text)),
  },
  {
    trap: { rule: 'excelZeros' },
    fits: (text, field) => field === 'corporateNumber' && /^\d{7,11}$/.test(digitsOnly(text)),
  },
];

const digitsOnly = (text: string): string => text.normalize('NFKC').replace(/[\s-]/g, '');

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const dayWithoutYear = new RegExp(`^(?:\\d{1,2}月\\d{1,2}日|\\d{1,2}-(?:${months})|(?:${months})-\\d{1,2})$`, 'i');
const wholeDay = /^\d{4}(?:[/.-]\d{1,2}[/.-]\d{1,2}|年\d{1,2}月(?:\d{1,2}日)?)$/;

/** `1-2` became 1月2日. In a column of days that one has lost its year; in any other one it should be no date at all. */
function isWrongDate(text: string, field: BulkField, { mark }: FieldCell): boolean {
  const plain = text.normalize('NFKC');
  if (field === 'identitySeenOn') return dayWithoutYear.test(plain) || mark === 'number';
  return mark === 'date' || dayWithoutYear.test(plain) || wholeDay.test(plain);
}
