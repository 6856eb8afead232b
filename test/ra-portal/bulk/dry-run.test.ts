/** A dry run tells every fault of a table at once, and nothing but its faults. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { BulkFault, BulkRow, BulkRule } from '../../../ra-portal/bulk/bulk-row.ts';
import type { CheckGround } from '../../../ra-portal/bulk/check-ground.ts';
import { checkTable, layoutOf } from '../../../ra-portal/bulk/check-table.ts';
import { bulkProfiles } from '../../../ra-portal/bulk/columns.ts';
import { errorFile } from '../../../ra-portal/bulk/error-file.ts';
import { faultText } from '../../../ra-portal/bulk/fault-text.ts';
import { byteOrderMark, encodeText } from '../../../ra-portal/bulk/reading/encode.ts';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import { firstRows, type Encoding, type Table } from '../../../ra-portal/bulk/reading/table.ts';
import { templateForms, templateOf } from '../../../ra-portal/bulk/template.ts';
import { workbookOf } from '../../../ra-portal/bulk/workbook.ts';
import { aGround, now, policies } from './a-ground.ts';
import { anXlsx } from './an-xlsx.ts';
import { at, aPersonRow, csvOf, headings, people, type Column } from './people.ts';

let ground: CheckGround;
beforeAll(async () => {
  ground = await aGround();
});

interface Checked {
  readonly faults: readonly BulkFault[];
  readonly rows: readonly BulkRow[];
  readonly table: Table;
}

async function check(octets: Uint8Array, of = ground): Promise<Checked> {
  const table = await openTable(octets);
  const faults: BulkFault[] = [];
  const rows: BulkRow[] = [];
  for await (const checked of checkTable(of, table, await layoutOf(table, of))) {
    faults.push(...checked.faults);
    if (checked.bulkRow !== null) rows.push(checked.bulkRow);
  }
  return { faults, rows, table };
}

const encoded = (rows: readonly (readonly string[])[], encoding: Encoding = 'utf-8'): Buffer =>
  Buffer.concat([byteOrderMark[encoding], encodeText(csvOf(rows), encoding) ?? Buffer.alloc(0)]);

const brief = (faults: readonly BulkFault[]): readonly string[] =>
  faults.map(({ row, column, rule, value }) => `${row}${column} ${rule} ${value}`);

/** One person with one cell changed, at row 2. */
async function withCell(column: Column, value: string): Promise<readonly string[]> {
  const row = aPersonRow(1);
  row[at[column]] = value;
  return brief((await check(encoded([headings, row]))).faults);
}

/** Each way to be wrong in one cell: column, what stands there, the rule, and what is repeated of it. */
const faulty: readonly (readonly [Column, string, BulkRule, string?])[] = [
  ['reference', 'A'.repeat(65), 'nameTooLong'],
  ['reference', '123456789012', 'individualNumber', ''],
  ['reference', '4月1日', 'excelDate'],
  ['reference', '2026/4/1', 'excelDate'],
  ['reference', '1-Apr', 'excelDate'],
  ['reference', '1.23457E+11', 'excelScientific'],
  ['reference', '=1+1', 'formula'],
  ['reference', '#N/A', 'excelError'],
  ['reference', '########', 'excelError'],
  ['kanji', '', 'fieldMissing'],
  ['kanji', '山?一郎', 'replacementCharacter'],
  ['kanji', '山\ufffd一郎', 'replacementCharacter'],
  ['kanji', '\ue000田 一郎', 'privateCharacter'],
  ['kanji', '架空\n太郎', 'lineBreak'],
  ['kanji', '+81', 'formula'],
  ['kanji', '架空\u200b太郎', 'fieldInvalid'],
  ['kana', '', 'fieldMissing'],
  ['kana', 'Kakuu', 'kanaInvalid'],
  ['roman', '', 'fieldMissing'],
  ['roman', '架空 太郎', 'nameCharacters'],
  ['roman', 'Kakuu3 Taro', 'nameCharacters'],
  ['roman', `Kakuu ${'o'.repeat(60)}`, 'nameTooLong'],
  ['mail', '', 'fieldMissing'],
  ['mail', 'taro', 'mailboxInvalid'],
  ['mail', 'taro@gmail.example', 'mailDomainForeign'],
  ['mail', 'taro@sub.kakuu-kakuin.example', 'mailDomainForeign'],
  ['number', '3.10001E+12', 'excelScientific'],
  ['number', '7999901000002', 'corporateNumberCheckDigit'],
  ['number', '999901000001', 'corporateNumberIsTwelveDigits', ''],
  ['number', '99901000001', 'excelZeros'],
  ['number', '6999901000002', 'organisationForeign'],
  ['organisation', '架空商事株式会社', 'organisationNameDiffers'],
  ['document', '会員証', 'documentUnknown'],
  ['document', '', 'fieldMissing'],
  ['document', '住民票の写し', 'identityInsufficient'],
  ['method', '電話', 'methodUnknown'],
  ['method', '', 'fieldMissing'],
  ['method', '郵送', 'methodForbidden'],
  ['method', '画像', 'methodForbidden'],
  ['day', '', 'fieldMissing'],
  ['day', '11月2日', 'excelDate'],
  ['day', 'きのう', 'dateInvalid'],
  ['day', '2026-11-23', 'dateToCome'],
  ['day', '2024-01-01', 'dateTooOld'],
];

describe('a fault in one cell', () => {
  it.each(faulty.map(([column, value, rule, shown = value]) => ({ column, value, rule, shown })))(
    '$column: $value is $rule',
    async ({ column, value, rule, shown }) => {
      expect(await withCell(column, value)).toEqual([`2${'ABCDEFGHIJ'.charAt(at[column])} ${rule} ${shown}`]);
    },
  );

  it.each<readonly [Column, string]>([
    ['kanji', '髙﨑　一郎'],
    ['kana', 'たかさき いちろう'],
    ['roman', 'Ｔａｋａｓａｋｉ Ichiro'],
    ['number', '７９９９９０１－０００００１'],
    ['number', ''],
    ['organisation', '㈱架空角印'],
    ['organisation', 'Kakuu Kakuin K.K.'],
    ['organisation', ''],
    ['document', 'driving-licence'],
    ['document', 'マイナンバーカード'],
    ['document', '健康保険の資格確認書、印鑑登録証明書'],
    ['method', 'In person'],
    ['day', '令和8年11月2日'],
    ['day', '2026/11/2'],
    ['reference', '1E5'],
    ['reference', ''],
    ['mail', "Taro.O'Neil+1@KAKUU-KAKUIN.example"],
  ])('%s: %j is none', async (column, value) => {
    expect(await withCell(column, value)).toEqual([]);
  });

  it('is said in both languages, and so that no spreadsheet runs it', async () => {
    const row = aPersonRow(1).map(() => '=cmd');
    const { faults } = await check(encoded([headings, row]));
    expect(faults.length).toBeGreaterThan(5);
    for (const fault of faults) {
      expect(faultText('ja', fault)).toMatch(/^【[A-J] .+】.+：.+/);
      expect(faultText('en', fault)).toMatch(/^\[[A-J] .+\] .+: .+/);
      expect(faultText('ja', fault) + faultText('en', fault)).not.toMatch(/\{\w+\}/);
    }
  });
});

/** A thousand people, of whom 137 have one fault each: every kind of cell fault, repeats, lost octets. */
function seeded(): { readonly rows: string[][]; readonly expected: ReadonlyMap<number, BulkRule> } {
  const rows = people(1_000);
  const expected = new Map<number, BulkRule>();
  const kinds = [
    ...faulty,
    ['mail', 'same', 'duplicateInFile'] as const,
    ['reference', 'same', 'referenceTwice'] as const,
  ];
  for (let seed = 0; seed < 137; seed++) {
    const index = 5 + ((seed * 389) % 990);
    const kind = kinds[seed % kinds.length];
    const row = rows[index];
    if (kind === undefined || row === undefined || expected.has(index + 2)) throw new Error('seeds must not meet');
    const [column, value, rule] = kind;
    row[at[column]] = value === 'same' ? (rows[0]?.[at[column]] ?? '') : value;
    expected.set(index + 2, rule);
  }
  return { rows, expected };
}

describe('1,000 rows with 137 seeded faults', () => {
  const { rows, expected } = seeded();

  it.each(['utf-8', 'utf-16le', 'xlsx'] as const)('have exactly those 137, in %s', async form => {
    const all = [headings, ...rows];
    const octets =
      form === 'xlsx' ? await workbookOf([{ name: '名簿', rows: all, frozen: 1 }], now) : encoded(all, form);
    const { faults, rows: clean } = await check(octets);
    expect(faults).toHaveLength(137);
    expect(new Map(faults.map(({ row, rule }) => [row, rule]))).toEqual(expected);
    expect(clean).toHaveLength(863);
  });

  it('come back in a file with one more column; mended, it is clean', async () => {
    for (const form of ['utf-8', 'xlsx'] as const) {
      const all = [headings, ...rows];
      const octets =
        form === 'xlsx' ? await workbookOf([{ name: '名簿', rows: all, frozen: 1 }], now) : encoded(all, form);
      const table = await openTable(octets);
      const file = await errorFile({ ground, table, layout: await layoutOf(table, ground), language: 'ja' });
      const back = await openTable(file.octets);
      const read = await firstRows(back, 2_000);
      expect(read[0]?.cells).toEqual([...headings, 'エラー']);
      const told = read.slice(1).filter(({ cells }) => (cells[headings.length] ?? '') !== '');
      expect(told.map(({ row }) => row)).toEqual([...expected.keys()].sort((one, other) => one - other));
      expect(read.slice(1).map(({ cells }) => headings.map((_, index) => cells[index] ?? ''))).toEqual(rows);
      // Errors left standing say nothing once the cells beside them are right.
      const mended = read.map(({ cells, row }) => (row === 1 ? cells : [...aPersonRow(row), cells[10] ?? '']));
      const again = await check(encoded(mended));
      expect(again.faults).toEqual([]);
      const cleared = await errorFile({
        ground,
        table: again.table,
        layout: await layoutOf(again.table, ground),
        language: 'ja',
      });
      expect(cleared.octets.toString()).not.toContain('【');
    }
  });
});

describe('a table as a whole', () => {
  it('gives rows that a job can take, as the CA core would see them', async () => {
    const { rows, faults } = await check(
      encoded(
        [
          headings,
          [
            '',
            ' 架空　太郎 ',
            'ｶｸｳ たろう',
            'Kakuu Taro',
            'taro@kakuu-kakuin.example',
            '',
            '',
            '運転免許証',
            '対面',
            'R8.11.2',
          ],
        ],
        'cp932',
      ),
    );
    expect(faults).toEqual([]);
    const [row] = rows;
    expect(row).toMatchObject({
      row: 2,
      reference: '',
      claim: {
        kanjiName: '架空 太郎',
        kanaName: 'カクウ タロウ',
        corporateNumber: '7999901000001',
        organisationName: '株式会社架空角印',
      },
      typed: { kanjiName: '架空　太郎', kanaName: 'ｶｸｳ たろう' },
      seen: [
        { document: 'driving-licence', method: 'in-person', seenAt: Date.parse('2026-11-02T00:00:00+09:00') / 1000 },
      ],
    });
    expect(row?.names.subjectText).toContain('O=Kakuu Kakuin K.K.');
  });

  it('counts rows as Excel does: line breaks in quotes make none, empty ones do', async () => {
    const row = aPersonRow(1);
    const text = `${csvOf([headings])}\r\n,,\r\n${csvOf([aPersonRow(2)])}"x\ny",${row.slice(1).join(',')}\r\n`;
    expect(brief((await check(Buffer.from(text))).faults)).toEqual(['5A lineBreak x\ny']);
  });

  it('tells lost zeros where others have theirs, and what stands twice by the row it stood in', async () => {
    const rows = ['00123', '124', '00125', '00123'].map((reference, index) => aPersonRow(index).with(0, reference));
    expect(brief((await check(encoded([headings, ...rows]))).faults)).toEqual([
      '3A excelZeros 124',
      '5A referenceTwice 00123',
    ]);
    const same = [aPersonRow(1), aPersonRow(2).with(at.mail, 'HANAKO.1@kakuu-kakuin.example')];
    const [fault] = (await check(encoded([headings, ...same]))).faults;
    expect(fault).toMatchObject({ row: 3, column: 'E', rule: 'duplicateInFile', values: { first: 2 } });
  });

  it('names columns that are missing or stand twice, and says that nobody is in it', async () => {
    const short = headings.filter(title => title !== 'フリガナ');
    const { faults } = await check(encoded([[...short, '氏名'], aPersonRow(1)]));
    expect(faults.filter(({ row }) => row === 1).map(({ rule, field, column }) => [rule, field, column])).toEqual([
      ['columnMissing', 'kanaName', ''],
      ['columnTwice', null, 'J'],
    ]);
    expect(brief((await check(encoded([headings]))).faults)).toEqual(['1 noRows ']);
  });

  it('tells octets that no character has, by row and column', async () => {
    const octets = encoded([headings, ...people(2)], 'cp932');
    const place = octets.lastIndexOf(Buffer.from('89d48e71', 'hex'));
    octets[place] = 0xfd;
    const { faults } = await check(octets);
    expect(faults.map(({ row, column, rule }) => `${row}${column} ${rule}`)).toEqual(['3B undecodable']);
    expect(faults[0]?.value).toMatch(/^髙橋 〈FD〉/);
  });

  it('reads dates of a workbook as days where days belong, and as a trap elsewhere', async () => {
    const cells = aPersonRow(1).map(
      (text, index) => `<c r="${'ABCDEFGHIJ'.charAt(index)}2" t="str"><v>${text}</v></c>`,
    );
    const day = '<c r="J2" s="1"><v>46328</v></c>';
    const number = '<c r="F2"><v>7999901000001</v></c>';
    const row = (first: string): string =>
      `<row r="2">${[first, ...cells.slice(1, 5), number, ...cells.slice(6, 9), day].join('')}</row>`;
    const sheet = (first: string): Promise<Buffer> => anXlsx([headings], { sheetEnd: row(first) });
    expect((await check(await sheet(cells[0] ?? ''))).faults).toEqual([]);
    expect(brief((await check(await sheet('<c r="A2" s="2"><v>46113</v></c>'))).faults)).toEqual([
      '2A excelDate 2026-04-01',
    ]);
  });

  it('says once that the organisation itself is not fit', async () => {
    const foreign = await aGround({ organisation: '1180301018771' });
    const { faults, rows } = await check(
      encoded([headings, ...people(3).map(row => row.with(at.number, '').with(at.organisation, ''))]),
      foreign,
    );
    expect(new Set(faults.filter(({ row }) => row === 0).map(({ rule }) => rule))).toEqual(
      new Set(['organisationUnfit']),
    );
    expect(rows).toEqual([]);
  });

  it('refuses mailboxes that have a certificate or an application, until 90 days before the end', async () => {
    const held = (notAfter: number | null): CheckGround => ({
      ...ground,
      held: new Map([['hanako.1@kakuu-kakuin.example', { caseId: 'K26-AAAA-BBBB', notAfter }]]),
    });
    const octets = encoded([headings, ...people(2)]);
    const of = async (notAfter: number | null): Promise<readonly string[]> =>
      brief((await check(octets, held(notAfter))).faults);
    expect(await of(null)).toEqual(['2E applicationOpen hanako.1@kakuu-kakuin.example']);
    expect(await of(now + 200 * 86_400)).toEqual(['2E certificateLive hanako.1@kakuu-kakuin.example']);
    expect(await of(now + 80 * 86_400)).toEqual([]);
  });
});

describe('templates', () => {
  const forms = bulkProfiles(policies).flatMap(({ name }) => templateForms.map(form => [name, form] as const));
  it.each(forms)('%s as %s uploads clean, in both languages', async (profile, form) => {
    const of = await aGround({ profile });
    const isListed = of.profile.registers.includes('robins');
    for (const language of ['ja', 'en'] as const) {
      const { faults, rows, table } = await check(await templateOf(of, form, language), of);
      expect(table.form).toMatchObject(
        form === 'xlsx'
          ? { kind: 'xlsx' }
          : { encoding: form === 'cp932' && language === 'en' ? (expect.any(String) as string) : form },
      );
      // A profile that asks no ROBINS knows no mail domain before an officer has seen one.
      if (!isListed)
        expect(new Set(faults.map(({ rule }) => rule))).toEqual(
          new Set(faults.length === 0 ? [] : ['mailDomainForeign']),
        );
      else expect([faults, rows.length]).toEqual([[], 1]);
    }
  });
});

describe('layouts that organisations have', () => {
  const defaults = { identityDocument: 'driving-licence', identityMethod: 'in-person', identitySeenOn: '2026-11-02' };

  it('GlobalSign ManagedPKI: the Common Name stands for every name, passwords are not read', async () => {
    const of = await aGround({ defaults });
    const csv = csvOf([
      [
        'Common Name',
        'Organization Unit 1',
        'Organization Unit 2',
        'Organization Unit 3',
        'Email Address',
        'Pickup Password',
        'haveCSR',
        'PKCS12',
      ],
      ['Kakuu Taro', 'Sales', '', '', 'taro@kakuu-kakuin.example', 'hunter2hunter2', '0', '1'],
      ['Kakuu Hanako', '', '', '', 'hanako@elsewhere.example', 'AUTOGEN', '0', '1'],
    ]);
    const { faults, rows, table } = await check(Buffer.from(csv), of);
    const layout = await layoutOf(table, of);
    expect(layout).toMatchObject({ name: 'globalsign', hasPasswords: true });
    expect(layout.ignored).toContain('Organization Unit 1');
    expect(rows[0]?.claim).toMatchObject({ kanjiName: 'Kakuu Taro', kanaName: 'Kakuu Taro', romanName: 'Kakuu Taro' });
    expect(brief(faults)).toEqual(['3E mailDomainForeign hanako@elsewhere.example']);
    expect(JSON.stringify([faults, rows])).not.toContain('hunter2');
    expect((await check(Buffer.from(csv))).faults.filter(({ rule }) => rule === 'columnMissing')).toHaveLength(3);
  });

  it('NII UPKI: tabs, no headings, no quoting', async () => {
    const of = await aGround({ defaults });
    const line = (cn: string, organisation: string, mailbox: string): string =>
      [
        `CN=${cn},OU=Sales, West,O=${organisation},L=Chiyoda,C=JP`,
        '5',
        '2',
        '',
        '',
        '',
        '',
        '管理 "太郎',
        '情報部',
        'kanri@kakuu-kakuin.example',
        '架空 太郎',
        'p12',
        '営業',
        mailbox,
        '1234567890',
      ].join('\t');
    const text = [
      line('Kakuu Taro', 'Kakuu Kakuin K.K.', 'taro@kakuu-kakuin.example'),
      line('Kakuu Hanako', 'Other Inc.', 'hanako@kakuu-kakuin.example'),
    ].join('\r\n');
    const { faults, rows, table } = await check(encodeText(text, 'cp932') ?? Buffer.alloc(0), of);
    expect(table.form).toMatchObject({ encoding: 'cp932', delimiter: 'tab', quotes: false });
    expect(rows.map(({ row, claim }) => [row, claim.romanName, claim.mailbox])).toEqual([
      [1, 'Kakuu Taro', 'taro@kakuu-kakuin.example'],
    ]);
    expect(faults.map(({ row, rule }) => [row, rule])).toEqual([[2, 'organisationNameDiffers']]);
    const file = await errorFile({ ground: of, table, layout: await layoutOf(table, of), language: 'ja' });
    const back = await check(file.octets, of);
    expect(file.form).toBe('tsv');
    expect(back.faults.map(({ row, rule }) => [row, rule])).toEqual([[2, 'organisationNameDiffers']]);
  });
});

describe('an error file', () => {
  it('is in the encoding of the upload, undecodable octets as they were', async () => {
    const octets = encoded([headings, ...people(3)], 'cp932');
    const place = octets.lastIndexOf(Buffer.from('89d48e71', 'hex'));
    octets[place] = 0xfd;
    const table = await openTable(octets);
    const file = await errorFile({ ground, table, layout: await layoutOf(table, ground), language: 'ja' });
    expect(file).toMatchObject({ form: 'csv', isRecoded: false });
    expect((await openTable(file.octets)).form).toEqual(table.form);
    expect(file.octets.includes(Buffer.from([0xfd, 0xd4]))).toBe(true);
  });

  it('becomes UTF-8 where its encoding lacks a character, and says so', async () => {
    const octets = encoded([headings, aPersonRow(1).with(at.organisation, '架空商事株式会社')], 'cp932');
    const table = await openTable(octets);
    const of = {
      ...ground,
      register: {
        ...ground.register,
        nta: ground.register.nta === null ? null : { ...ground.register.nta, name: '株式会社𠮷野' },
      },
    };
    const file = await errorFile({ ground: of, table, layout: await layoutOf(table, of), language: 'ja' });
    expect(file.isRecoded).toBe(true);
    expect((await openTable(file.octets)).form).toMatchObject({ encoding: 'utf-8', bom: true });
  });
});
