/** A dry run of a table as a whole: rows that a job can take, and faults that no cell has alone. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckGround } from '../../../ra-portal/bulk/check-ground.ts';
import { aGround, now } from './a-ground.ts';
import { anXlsx } from './an-xlsx.ts';
import { aPersonRow, at, csvOf, headings, people } from './people.ts';
import { brief, check, encoded } from './a-dry-run.ts';

let ground: CheckGround;
beforeAll(async () => {
  ground = await aGround();
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
      ground,
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
    expect(brief((await check(Buffer.from(text), ground)).faults)).toEqual(['5A lineBreak x\ny']);
  });

  it('tells lost zeros where others have theirs, and what stands twice by the row it stood in', async () => {
    const rows = ['00123', '124', '00125', '00123'].map((reference, index) => aPersonRow(index).with(0, reference));
    expect(brief((await check(encoded([headings, ...rows]), ground)).faults)).toEqual([
      '3A excelZeros 124',
      '5A referenceTwice 00123',
    ]);
    const same = [aPersonRow(1), aPersonRow(2).with(at.mail, 'HANAKO.1@kakuu-kakuin.example')];
    const [fault] = (await check(encoded([headings, ...same]), ground)).faults;
    expect(fault).toMatchObject({ row: 3, column: 'E', rule: 'duplicateInFile', values: { first: 2 } });
  });

  it('names columns that are missing or stand twice, and says that nobody is in it', async () => {
    const short = headings.filter(title => title !== 'フリガナ');
    const { faults } = await check(encoded([[...short, '氏名'], aPersonRow(1)]), ground);
    expect(faults.filter(({ row }) => row === 1).map(({ rule, field, column }) => [rule, field, column])).toEqual([
      ['columnMissing', 'kanaName', ''],
      ['columnTwice', null, 'J'],
    ]);
    expect(brief((await check(encoded([headings]), ground)).faults)).toEqual(['1 noRows ']);
  });

  it('tells octets that no character has, by row and column', async () => {
    const octets = encoded([headings, ...people(2)], 'cp932');
    const place = octets.lastIndexOf(Buffer.from('89d48e71', 'hex'));
    octets[place] = 0xfd;
    const { faults } = await check(octets, ground);
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
    expect((await check(await sheet(cells[0] ?? ''), ground)).faults).toEqual([]);
    expect(brief((await check(await sheet('<c r="A2" s="2"><v>46113</v></c>'), ground)).faults)).toEqual([
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
