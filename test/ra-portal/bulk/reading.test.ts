/** Whatever Excel writes: the same rows, and no character lost on the way. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { ZipFile } from 'yazl';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { byteOrderMark, encodeText } from '../../../ra-portal/bulk/reading/encode.ts';
import { shownMarks } from '../../../ra-portal/bulk/reading/decode.ts';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import { isBreak, type Chosen, type Encoding, type TableRow } from '../../../ra-portal/bulk/reading/table.ts';
import { dateOfSerial, isDateFormat } from '../../../ra-portal/bulk/reading/xlsx-dates.ts';
import { workbookOf } from '../../../ra-portal/bulk/workbook.ts';
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

const octetsOf = (text: string, encoding: Encoding, mark: 'marked' | 'bare'): Buffer =>
  Buffer.concat([
    mark === 'marked' ? byteOrderMark[encoding] : Buffer.alloc(0),
    encodeText(text, encoding) ?? Buffer.alloc(0),
  ]);

async function rowsIn(octets: Uint8Array, chosen: Chosen = {}): Promise<readonly TableRow[]> {
  const rows: TableRow[] = [];
  for await (const row of (await openTable(octets, chosen)).rows()) {
    if (isBreak(row)) throw new Error(`broken at ${row.row}: ${row.broken}`);
    rows.push(row);
  }
  return rows;
}

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

describe('octets that are no character', () => {
  const cut = (text: string, bad: Buffer, rest: string, encoding: Encoding): Buffer =>
    Buffer.concat([octetsOf(text, encoding, 'marked'), bad, encodeText(rest, encoding) ?? Buffer.alloc(0)]);

  it.each([
    ['cp932', Buffer.from([0x81]), '山〈81〉'],
    ['cp932', Buffer.from([0xfd]), '山〈FD〉'],
    ['cp932', Buffer.from([0x80, 0xa0]), '山〈80〉〈A0〉'],
    ['cp932', Buffer.from([0x81, 0xad]), '山〈81〉ｭ'],
    ['utf-8', Buffer.from([0xe5, 0xb1]), '山〈E5〉〈B1〉'],
    ['utf-8', Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]), '山〈C0〉〈AF〉〈ED〉〈A0〉〈80〉'],
    ['utf-16le', Buffer.from([0x00, 0xd8]), '山〈00D8〉'],
  ] as const)('in %s are told by row and column, and never become ? or U+FFFD', async (encoding, bad, shown) => {
    const octets = cut('氏名,組織\r\n"a\nb",山', bad, '\r\n川,"c,d"\r\n', encoding);
    const rows = await rowsIn(octets, { encoding });
    expect(rows.map(({ row, cells }) => [row, ...cells.map(shownMarks)])).toEqual([
      [1, '氏名', '組織'],
      [2, 'a\nb', shown],
      [3, '川', 'c,d'],
    ]);
    expect(rows.map(({ marks }) => [...marks])).toEqual([[], [[1, 'undecodable']], []]);
    expect(rows.flatMap(({ cells }) => cells).join('')).not.toMatch(/\ufffd|\?/);
    const back = rows.map(({ cells }) => encodeText(cells.join('|'), encoding));
    expect(back[1]?.includes(bad)).toBe(true);
  });

  it('come out as they went in, from any octets at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom('cp932', 'utf-8', 'utf-16le'),
        async (octets, encoding) => {
          const clean = Uint8Array.from(octets, octet =>
            octet === 0x0a || octet === 0x0d || octet === 0x22 || octet === 0x2c ? 0x41 : octet,
          );
          const marked = Buffer.concat([Buffer.from(encoding === 'utf-16le' ? 'A\0' : 'A'), clean]);
          const rows = await rowsIn(marked, { encoding, delimiter: 'comma' });
          const text = rows.map(({ cells }) => cells.join(',')).join('');
          if (encoding === 'utf-16le' && rows.length !== 1) return;
          const back = encodeText(text, encoding) ?? Buffer.alloc(0);
          // CP932 has some characters at several places.
          const again = await rowsIn(back, { encoding, delimiter: 'comma' });
          expect(encoding === 'cp932' ? again : back).toEqual(encoding === 'cp932' ? rows : marked);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of CP932: what it lacks is not written as anything else', () => {
    for (const character of ['〜', '−', '—', '‖', '¥', 'é', '㍿', '𠮷', '葛\u{e0100}']) {
      expect(encodeText(character, 'cp932'), character).toBeNull();
    }
    expect(encodeText('髙﨑①㈱～－纊ⅰ￢∵', 'cp932')?.toString('hex')).toBe(
      'fbfcfab1' + '8740878a' + '8160817c' + 'fa5cfa40' + '81ca81e6',
    );
  });
});

describe('where a file breaks', () => {
  const breakIn = async (octets: Uint8Array): Promise<readonly unknown[]> => {
    const rows: unknown[] = [];
    for await (const row of (await openTable(octets)).rows()) rows.push(isBreak(row) ? row : row.row);
    return rows;
  };

  it('the rows before it stand', async () => {
    expect(await breakIn(Buffer.from('a,b\r\nc,d\r\n"e,f\r\ng,h\r\n'))).toEqual([
      1,
      2,
      { row: 3, broken: 'quoteOpen' },
    ]);
    const endless = Buffer.from(`a,b\r\n"${'x'.repeat(70_000)}`);
    expect(await breakIn(endless)).toEqual([1, { row: 2, broken: 'rowTooLong' }]);
    expect((await breakIn(Buffer.from('a\n'.repeat(100_001)))).at(-1)).toEqual({ row: 100_001, broken: 'tooManyRows' });
  });

  it('a sheet tells its rows up to where its XML errs', async () => {
    const octets = await anXlsx([['a'], ['b']], { sheetEnd: '<row r="9"><c></row>' });
    expect(await breakIn(octets)).toEqual([1, 2, { row: 3, broken: 'sheetBroken' }]);
  });
});

describe('what is no table, or too much of one', () => {
  it.each([
    ['an empty file', Buffer.alloc(0)],
    ['.xls, or a workbook under a password', Buffer.from('d0cf11e0a1b11ae1', 'hex')],
    ['a PDF', Buffer.from('%PDF-1.7')],
    ['half an archive', Buffer.from('504b030414000000', 'hex')],
  ])('%s', async (_, octets) => {
    await expect(openTable(octets)).rejects.toMatchObject({ code: 'tableUnreadable' });
  });

  it('an archive that inflates beyond all bounds', async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.alloc(40 * 2 ** 20), 'xl/workbook.xml');
    zip.end();
    const bomb = await buffer(zip.outputStream);
    expect(bomb.length).toBeLessThan(100_000);
    await expect(openTable(bomb)).rejects.toMatchObject({
      code: 'tableUnreadable',
      values: { reason: 'inflates too much' },
    });
  });

  it('a part that is longer than its archive says', async () => {
    const honest = await anXlsx([['a']]);
    const long = deflateRawSync(Buffer.alloc(50_000, 0x20));
    expect(long.length).toBeGreaterThan(0);
    const lying = Buffer.from(honest);
    const directory = lying.lastIndexOf(Buffer.from('504b0102', 'hex'));
    lying.writeUInt32LE(1, directory + 24);
    const table = openTable(lying).then(async opened => {
      for await (const row of opened.rows()) if (isBreak(row)) throw new Error(row.broken);
    });
    await expect(table).rejects.toThrow();
  });

  it('XML with entities of its own', async () => {
    const octets = await anXlsx([['a']], { doctype: '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]>' });
    await expect(openTable(octets)).rejects.toMatchObject({ code: 'tableUnreadable' });
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
