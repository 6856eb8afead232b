import type { Figure, Result } from './figure.ts';

/** The results as lines of a table, each figure beside its yardstick. */
export function tableOf(results: readonly Result[], figures: readonly Figure[]): string[] {
  const head = ['figure', 'value', 'yardstick', 'ratio', 'unit', 'against'];
  const rows = results.map(({ name, value, yardstick, ratio, unit }) => {
    const against = figures.find(figure => figure.name === name)?.against ?? '';
    return [name, grouped(value), grouped(yardstick), ratio.toFixed(3), unit, against];
  });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)));
  return [head, ...rows].map(row => row.map((cell, column) => aligned(cell, column, widths[column] ?? 0)).join('  '));
}

function aligned(cell: string, column: number, width: number): string {
  const isNumber = column >= 1 && column <= 3;
  return isNumber ? cell.padStart(width) : cell.padEnd(width);
}

function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
