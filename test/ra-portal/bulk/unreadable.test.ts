/** Files that end in the middle, are no table, or are made to be too much: what stands before is read, and nothing else. */
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import { isBreak } from '../../../ra-portal/bulk/reading/table.ts';
import { rowsIn } from './a-table.ts';
import { anXlsx } from './an-xlsx.ts';

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
    const lying = Buffer.from(honest);
    const directory = lying.lastIndexOf(Buffer.from('504b0102', 'hex'));
    lying.writeUInt32LE(1, directory + 24);
    await expect(rowsIn(lying)).rejects.toThrow('broken at 1: sheetBroken');
  });

  it('XML with entities of its own', async () => {
    const octets = await anXlsx([['a']], { doctype: '<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]>' });
    await expect(openTable(octets)).rejects.toMatchObject({ code: 'tableUnreadable' });
  });
});
