/** Quarters of the year in Japan, which has no summer time: `2026-Q3`. */
import type { UnixTime } from './clock.ts';

export interface Quarter {
  readonly name: string;
  /** Its first second, and the first after it. */
  readonly from: UnixTime;
  readonly before: UnixTime;
}

const japan = 9 * 3600;

export function quarterAt(at: UnixTime): Quarter {
  const day = new Date((at + japan) * 1000);
  return quarterOf(day.getUTCFullYear(), Math.floor(day.getUTCMonth() / 3));
}

/** The one before, which is over. */
export function lastQuarter(now: UnixTime): Quarter {
  return quarterAt(quarterAt(now).from - 1);
}

/** Undefined for what names none. */
export function quarterCalled(name: string): Quarter | undefined {
  const [, year, number] = /^(20[0-9]{2})-Q([1-4])$/.exec(name) ?? [];
  return year === undefined ? undefined : quarterOf(Number(year), Number(number) - 1);
}

function quarterOf(year: number, index: number): Quarter {
  const begins = (month: number): UnixTime => Date.UTC(year, month, 1) / 1000 - japan;
  return { name: `${year}-Q${index + 1}`, from: begins(index * 3), before: begins(index * 3 + 3) };
}
