/** Whatever Excel writes: the same rows, and no character lost on the way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import type { TableRow } from '../../../ra-portal/bulk/reading/table.ts';
import { dateOfSerial, isDateFormat } from '../../../ra-portal/bulk/reading/xlsx-dates.ts';
import { workbookOf } from '../../../ra-portal/bulk/workbook.ts';
import { octetsOf, rowsIn } from './a-table.ts';
import { anXlsx } from './an-xlsx.ts';
import { csvOf } from './people.ts';

/** 髙 and 﨑 are IBM's, ① NEC's, ㈱ too; ～ and － are where Windows and others disagree. */
const table = [
  ['氏名', 'ﾌﾘｶﾞﾅ', '組織'],
  ['髙﨑 一郎', 'ﾀｶｻｷ ｲﾁﾛｳ', '㈱①～－∥￢￠￡'],
  ['"引用", 子', 'a\nb', 'x,y;z'],
  ['', '', ''],
  ['最後 ', ' 前', "O'Neil"],
];

/** Without empty rows and empty cells at the end, which sheets do not have. */
const plain = (rows: readonly TableRow[]): readonly (readonly [number, readonly string[]])[] =>
  rows
    .map(({ row, cells }) => [row, cells.slice(0, cells.findLastIndex(cell => cell !== '') + 1)] as const)
    .filter(([, cells]) => cells.length > 0);

const expected = table.map((cells, index) => [index + 1, cells] as const).filter(([, cells]) => cells.join('') !== '');

const forms = [
  { name: 'CP932', encoding: 'cp932', mark: 'bare', delimiter: ',' },
  { name: 'UTF-8', encoding: 'utf-8', mark: 'bare', delimiter: ',' },
  { name: 'UTF-8 with BOM', encoding: 'utf-8', mark: 'marked', delimiter: ',' },
  { name: 'UTF-16LE with tabs', encoding: 'utf-16le', mark: 'marked', delimiter: '\t' },
  { name: 'UTF-16LE without BOM', encoding: 'utf-16le', mark: 'bare', delimiter: '\t' },
  { name: 'CP932 with tabs', encoding: 'cp932', mark: 'bare', delimiter: '\t' },
  { name: 'UTF-8 with semicolons', encoding: 'utf-8', mark: 'marked', delimiter: ';' },
] as const;
const lineEnds = { CRLF: '\r\n', LF: '\n', CR: '\r' };
const quotings = { 'quotes where needed': false, 'quotes everywhere': true };

describe('a table is the same rows', () => {
  const cases = forms.flatMap(form =>
    Object.entries(lineEnds).flatMap(([end, lineEnd]) =>
      Object.entries(quotings).map(([how, everywhere]) => ({ ...form, end, lineEnd, how, everywhere })),
    ),
  );
  it.each(cases)('in $name, $end, $how', async ({ encoding, mark, delimiter, lineEnd, everywhere }) => {
    const text = everywhere
      ? table.map(row => row.map(cell => `"${cell.replaceAll('"', '""')}"`).join(delimiter) + lineEnd).join('')
      : csvOf(table, { delimiter, lineEnd });
    const octets = octetsOf(text, encoding, mark);
    const { form } = await openTable(octets);
    expect(form).toMatchObject({ kind: 'text', encoding, bom: mark === 'marked' });
    expect(plain(await rowsIn(octets))).toEqual(expected);
  });

  it('in .xlsx as we write it and as Excel does, with runs, furigana and a hidden sheet', async () => {
    const ours = await workbookOf([{ name: '表', rows: table, frozen: 1 }], 1_800_000_000);
    expect(plain(await rowsIn(ours))).toEqual(expected);
    expect(plain(await rowsIn(await anXlsx(table)))).toEqual(expected);
  });

  it('whatever stands in it', async () => {
    const cell = fc.string({ unit: fc.constantFrom(...Array.from('あ髙ｱ①～表ソ能A "\',\t\r\n;=\\')), maxLength: 8 });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    const form = fc.constantFrom(...forms);
    await fc.assert(
      fc.asyncProperty(
        rows,
        form,
        fc.constantFrom('\r\n', '\n'),
        async (some, { encoding, mark, delimiter }, lineEnd) => {
          const chosen = { encoding, delimiter: ({ ',': 'comma', '\t': 'tab', ';': 'semicolon' } as const)[delimiter] };
          const octets = octetsOf(csvOf(some, { delimiter, lineEnd }), encoding, mark);
          if (octets.length === 0) return;
          const read = (await rowsIn(octets, { ...chosen, quotes: true })).map(({ cells }) => cells);
          expect(read).toEqual(some);
          const sheet = await workbookOf([{ name: 'x', rows: some, frozen: 0 }], 0);
          expect(plain(await rowsIn(sheet))).toEqual(
            plain(some.map((cells, index) => ({ row: index + 1, cells, marks: new Map() }))),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('however the octets fall into pieces', async () => {
    const long = [['見出し', 'x'], ...Array.from({ length: 9_000 }, (_, index) => ['表示能力ソ髙', `値${index}`])];
    for (const encoding of ['cp932', 'utf-8', 'utf-16le'] as const) {
      const rows = await rowsIn(octetsOf(csvOf(long), encoding, 'marked'));
      expect(rows.map(({ cells }) => cells)).toEqual(long);
    }
  });
});

describe('cells of a workbook', () => {
  it('are read by their kind: dates, numbers and errors are marked', async () => {
    const octets = await anXlsx([], {
      sheetStart:
        '<row r="2"><c r="A2" s="1"><v>46330</v></c><c r="B2"><v>7.999901000001E12</v></c><c r="C2" t="e"><v>#N/A</v></c><c r="D2" t="b"><v>1</v></c><c r="E2" s="2"><v>46113</v></c><c r="G2" t="str"><f>A1</f><v>結果</v></c></row>',
    });
    const [row] = await rowsIn(octets);
    expect(row?.cells).toEqual(['2026-11-04', '7999901000001', '#N/A', 'TRUE', '2026-04-01', '', '結果']);
    expect([...(row?.marks ?? [])]).toEqual([
      [0, 'date'],
      [1, 'number'],
      [2, 'error'],
      [4, 'date'],
    ]);
  });

  it('know the calendar that Excel has', () => {
    expect(dateOfSerial(1, false)).toBe('1900-01-01');
    expect(dateOfSerial(59, false)).toBe('1900-02-28');
    expect(dateOfSerial(61, false)).toBe('1900-03-01');
    expect(dateOfSerial(46_330.75, false)).toBe('2026-11-04');
    expect(dateOfSerial(44_868, true)).toBe('2026-11-04');
    expect(dateOfSerial(0.5, false)).toBeNull();
    for (const code of ['yyyy/m/d', 'm"月"d"日"', '[$-411]ge.m.d;@', 'h:mm'])
      expect(isDateFormat(code), code).toBe(true);
    for (const code of ['General', '0.00E+00', '#,##0"day"', '@', '0_);[Red]\\(0\\)'])
      expect(isDateFormat(code), code).toBe(false);
  });
});
