import type { Result } from './figure.ts';

const head = ['figure', 'value', 'min', 'max', 'unit', 'yardstick', 'ratio', 'bound', 'met', 'yardstick is'];
const numbers = ['value', 'min', 'max', 'yardstick', 'ratio'];

/** The results as lines of a table, each figure beside its yardstick, and below it what else is to be said. */
export function tableOf(results: readonly Result[]): string[] {
  const rows = results.map(rowOf);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)));
  const lines = [head, ...rows].map(row => row.map((cell, at) => aligned(cell, at, widths[at] ?? 0)).join('  '));
  return [...lines.map(line => line.trimEnd()), ...results.flatMap(notesOf)];
}

function rowOf({ name, value, min, max, unit, yardstick, ratio, bound, met, against }: Result): string[] {
  const beside = yardstick === null ? ['–', '–'] : [grouped(yardstick), ratio?.toFixed(3) ?? '–'];
  const verdict = met === null ? '–' : met ? 'met' : 'NOT MET';
  return [name, grouped(value), grouped(min), grouped(max), unit, ...beside, bound ?? '–', verdict, against];
}

function notesOf({ name, notes }: Result): string[] {
  return notes.length === 0 ? [] : ['', name, ...notes.map(note => `  ${note}`)];
}

function aligned(cell: string, column: number, width: number): string {
  return numbers.includes(head[column] ?? '') ? cell.padStart(width) : cell.padEnd(width);
}

function grouped(value: number): string {
  const digits = Math.abs(value) < 1 ? 3 : Math.abs(value) < 100 ? 1 : 0;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
