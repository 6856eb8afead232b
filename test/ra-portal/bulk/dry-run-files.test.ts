/** A dry run of a thousand rows tells every fault at once; the file comes back with them, in its own encoding. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { BulkRule } from '../../../ra-portal/bulk/bulk-row.ts';
import type { CheckGround } from '../../../ra-portal/bulk/check-ground.ts';
import { layoutOf } from '../../../ra-portal/bulk/check-table.ts';
import { errorFile } from '../../../ra-portal/bulk/error-file.ts';
import { openTable } from '../../../ra-portal/bulk/reading/open-table.ts';
import { firstRows } from '../../../ra-portal/bulk/reading/table.ts';
import { workbookOf } from '../../../ra-portal/bulk/workbook.ts';
import { aGround, now } from './a-ground.ts';
import { aPersonRow, at, headings, people } from './people.ts';
import { check, encoded } from './a-dry-run.ts';
import { faulty } from './faulty-cells.ts';

let ground: CheckGround;
beforeAll(async () => {
  ground = await aGround();
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
    const { faults, rows: clean } = await check(octets, ground);
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
      const again = await check(encoded(mended), ground);
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
