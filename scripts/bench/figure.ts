/** One measurement: how fast we are, and in the same unit what the machine gives when nothing is in the way. */
export interface Round {
  readonly value: number;
  readonly yardstick: number;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the yardstick is, in words. */
  readonly against: string;
  /** Makes everything ready, runs `rounds` rounds, cleans up. */
  readonly measure: (rounds: number) => Promise<readonly Round[]>;
}

/** What a run writes: medians; `ratio` is the median of the rounds' own ratios, value ÷ yardstick. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly yardstick: number;
  readonly ratio: number;
}

export function resultOf({ name, unit }: Figure, rounds: readonly Round[]): Result {
  return {
    name,
    value: rounded(median(rounds.map(round => round.value))),
    unit,
    yardstick: rounded(median(rounds.map(round => round.yardstick))),
    ratio: rounded(median(rounds.map(round => round.value / round.yardstick))),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** Four digits say all that a measurement knows. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
