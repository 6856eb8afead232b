import type { Holder } from './bind-card.ts';

export interface ListRow {
  /** Its number or IDm. */
  readonly card: string;
  readonly holder: Holder;
}

export interface HolderList {
  readonly rows: readonly ListRow[];
  /** Numbers of the lines, from 1, that are not `card,mailbox,name,Corporate Number`. */
  readonly bad: readonly number[];
}

/** A line each: `card,mailbox,name,Corporate Number`; empty lines are left out. Every mistake at once. */
export function readHolderList(text: string): HolderList {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const rows = lines.map((line, at) => ({ at: at + 1, cells: line.split(',').map(cell => cell.trim()) }));
  const written = rows.filter(({ cells }) => cells.some(cell => cell !== ''));
  const bad = written.filter(({ cells }) => cells.length !== 4 || cells.includes('')).map(({ at }) => at);
  return {
    bad,
    rows: written.map(({ cells: [card = '', mailbox = '', name = '', corporateNumber = ''] }) => ({
      card,
      holder: { mailbox, name, corporateNumber },
    })),
  };
}
