/** A chart of days as shapes to draw: pure figures, the view holds the markup. */
import type { DayFigures } from '../../ca-core/index.ts';

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface ChartDay extends DayFigures {
  readonly issuedBar: Bar;
  readonly revokedBar: Bar;
  /** Middle of the day, and its label where it has one: 11/22. */
  readonly x: number;
  readonly label: string | null;
}

export interface Chart {
  readonly width: number;
  readonly height: number;
  /** Where the bars stand. */
  readonly floor: number;
  readonly left: number;
  readonly days: readonly ChartDay[];
  /** Lines across, with their numbers. */
  readonly lines: readonly { readonly y: number; readonly label: string }[];
}

const height = 220;
const top = 12;
const floor = height - 28;
/** Room for half of the last label. */
const right = 10;
const labelled = 7;

/** Pixels of its own at `width`: text stays as large as it is everywhere. */
export function chartOf(days: readonly DayFigures[], width: number): Chart {
  const most = ceilingOf(Math.max(1, ...days.flatMap(({ issued, revoked }) => [issued, revoked])));
  const left = 10 + 9 * most.toLocaleString('en').length;
  const step = (width - left - right) / Math.max(1, days.length);
  const heightOf = (count: number): number => ((floor - top) * count) / most;
  const barOf = (count: number, x: number): Bar => {
    const tall = count === 0 ? 0 : Math.max(1.5, heightOf(count));
    return { x: rounded(x), y: rounded(floor - tall), width: rounded(step * 0.38), height: rounded(tall) };
  };
  const labelEvery = Math.ceil(days.length / labelled);
  return {
    ...{ width, height, floor, left },
    days: days.map((one, at) => {
      const x = left + at * step;
      return {
        ...one,
        issuedBar: barOf(one.issued, x + step * 0.1),
        revokedBar: barOf(one.revoked, x + step * 0.52),
        x: rounded(x + step / 2),
        label: (days.length - 1 - at) % labelEvery === 0 ? one.day.slice(5).replace('-', '/') : null,
      };
    }),
    lines: [0, most / 2, most]
      .filter(Number.isInteger)
      .map(count => ({ y: rounded(floor - heightOf(count)), label: count.toLocaleString('en') })),
  };
}

/** 1, 2, 5, 10, 20, 50 and so on: the next that is enough. */
function ceilingOf(count: number): number {
  const power = 10 ** Math.floor(Math.log10(count));
  return [1, 2, 5, 10].map(one => one * power).find(one => one >= count) ?? count;
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
