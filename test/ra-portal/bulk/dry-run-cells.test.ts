/** A dry run tells what is wrong in one cell, and nothing of what is right however it is spelt. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckGround } from '../../../ra-portal/bulk/check-ground.ts';
import { faultText } from '../../../ra-portal/bulk/fault-text.ts';
import { aGround } from './a-ground.ts';
import { aPersonRow, at, headings, type Column } from './people.ts';
import { brief, check, encoded } from './a-dry-run.ts';
import { faulty } from './faulty-cells.ts';

let ground: CheckGround;
beforeAll(async () => {
  ground = await aGround();
});

/** One person with one cell changed, at row 2. */
async function withCell(column: Column, value: string): Promise<readonly string[]> {
  const row = aPersonRow(1);
  row[at[column]] = value;
  return brief((await check(encoded([headings, row]), ground)).faults);
}

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
    const { faults } = await check(encoded([headings, row]), ground);
    expect(faults.length).toBeGreaterThan(5);
    for (const fault of faults) {
      expect(faultText('ja', fault)).toMatch(/^【[A-J] .+】.+：.+/);
      expect(faultText('en', fault)).toMatch(/^\[[A-J] .+\] .+: .+/);
      expect(faultText('ja', fault) + faultText('en', fault)).not.toMatch(/\{\w+\}/);
    }
  });
});

/** A thousand people, of whom 137 have one fault each: every kind of cell fault, repeats, lost octets. */
