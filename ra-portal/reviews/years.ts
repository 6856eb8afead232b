/** Years and quarters in Japan. Times are Unix seconds. */
import { startOfDay } from '../applications/as-typed.ts';

const japan = 9 * 3_600;
const inJapan = (at: number): Date => new Date((at + japan) * 1000);

export const yearOf = (at: number): number => inJapan(at).getUTCFullYear();

/** Its first second; the first of the next year is not in it any more. */
export const startOfYear = (year: number): number => startOfDay(`${year}-01-01`);

export interface Quarter {
  /** `2026-Q4`. */
  readonly id: string;
  readonly start: number;
}

export function quarterOf(at: number): Quarter {
  const month = inJapan(at).getUTCMonth();
  const number = Math.floor(month / 3) + 1;
  const first = String(number * 3 - 2).padStart(2, '0');
  return { id: `${yearOf(at)}-Q${number}`, start: startOfDay(`${yearOf(at)}-${first}-01`) };
}

/**
 * Which letter about a review is due: 0 from `opens` on, then one at `due` and after every `every`; null before.
 */
export function reminderDue(
  now: number,
  { opens, due, every }: Readonly<Record<'opens' | 'due' | 'every', number>>,
): number | null {
  if (now < opens) return null;
  return now < due ? 0 : Math.floor((now - due) / every) + 1;
}
