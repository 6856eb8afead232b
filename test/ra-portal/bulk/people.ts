/** Rows of invented people, each different and none at fault. */

export const organisation = '7999901000001';

export const headings = [
  '管理番号',
  '氏名',
  'フリガナ',
  'ローマ字氏名',
  'メールアドレス',
  '法人番号',
  '組織名',
  '本人確認書類',
  '本人確認方法',
  '本人確認日',
];

export type Column =
  'reference' | 'kanji' | 'kana' | 'roman' | 'mail' | 'number' | 'organisation' | 'document' | 'method' | 'day';
export const at: Readonly<Record<Column, number>> = {
  reference: 0,
  kanji: 1,
  kana: 2,
  roman: 3,
  mail: 4,
  number: 5,
  organisation: 6,
  document: 7,
  method: 8,
  day: 9,
};

export function aPersonRow(index: number): string[] {
  return [
    `A-${String(index).padStart(5, '0')}`,
    '髙橋 花子',
    'タカハシ ハナコ',
    'Takahashi Hanako',
    `hanako.${index}@kakuu-kakuin.example`,
    '7999901000001',
    '株式会社架空角印',
    '運転免許証',
    '対面',
    '2026-11-02',
  ];
}

export const people = (count: number): string[][] => Array.from({ length: count }, (_, index) => aPersonRow(index + 1));

/** RFC 4180: every cell in quotes where it must be. */
export function csvOf(rows: readonly (readonly string[])[], { delimiter = ',', lineEnd = '\r\n' } = {}): string {
  const cell = (text: string): string => (/["\r\n,\t;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows.map(row => row.map(cell).join(delimiter) + lineEnd).join('');
}
