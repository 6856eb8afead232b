/** A figure as docs/figures.md has it: `ocsp.cached.10k value`; the columns are `value`, `yardstick` and `ratio`. */
export function figureIn(page: string, name: string): string | undefined {
  const [, figure, column] = /^(.+) (value|yardstick|ratio)$/.exec(name) ?? [];
  const row = page.split('\n').find(line => line.startsWith(`| \`${figure ?? ''}\``));
  const cells = row?.split('|').map(cell => cell.trim());
  return cells?.[{ value: 2, yardstick: 3, ratio: 4 }[column ?? ''] ?? NaN];
}
