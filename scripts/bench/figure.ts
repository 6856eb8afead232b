/** One measurement: how fast we are, and in the same unit what the machine gives when nothing is in the way. */
export interface Round {
  readonly value: number;
  /** Null where there is nothing of the kind to measure beside it. */
  readonly yardstick: number | null;
}

/** What is asked of a figure. Where there is a `limit` that decides whether it is met, else the aim. */
export interface Bound {
  readonly of: 'value' | 'ratio';
  readonly at: 'least' | 'most';
  readonly limit?: number;
  readonly aim?: number;
}

/** One line of the table: the rounds of one quantity. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
  /** What the yardstick is, in words. */
  readonly against: string;
  readonly rounds: readonly Round[];
  readonly bound?: Bound;
  /** Sentences to be printed below the table. */
  readonly notes?: readonly string[];
}

/** How a run was asked for on the command line. */
export interface BenchWish {
  readonly rounds: number;
  /** Certificates, orders or cases in a round, in place of the figure's own number. */
  readonly count?: number;
  /** How long the soak lasts. */
  readonly seconds?: number;
  /** CA core workers (KAKUIN_CA_WORKERS); one for each core where nothing is said. */
  readonly workers?: number;
  /** A folder for CPU profiles of the CA core, which also makes what is said about them longer. */
  readonly profiles?: string;
}

export interface Figure {
  readonly name: string;
  /** What it measures, for --help. */
  readonly meaning: string;
  /** Makes everything ready, measures, cleans up. */
  readonly measure: (wish: BenchWish) => Promise<readonly Measured[]>;
}

/** What a run writes: medians; `ratio` is the median of the rounds' own ratios, value ÷ yardstick. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly yardstick: number | null;
  readonly ratio: number | null;
  /** Of the values of all rounds. */
  readonly min: number;
  readonly max: number;
  readonly against: string;
  /** In words: `ratio ≥ 0.8, aim 0.9`. */
  readonly bound: string | null;
  readonly met: boolean | null;
  readonly notes: readonly string[];
}

export function resultOf({ name, unit, against, rounds, bound, notes = [] }: Measured): Result {
  const values = rounds.map(round => round.value);
  const yardsticks = rounds.flatMap(({ yardstick }) => (yardstick === null ? [] : [yardstick]));
  const ratios = rounds.flatMap(({ value, yardstick }) => (yardstick === null ? [] : [value / yardstick]));
  const found = { value: median(values), ratio: ratios.length === 0 ? null : median(ratios) };
  return {
    name,
    value: rounded(found.value),
    unit,
    yardstick: yardsticks.length === 0 ? null : rounded(median(yardsticks)),
    ratio: found.ratio === null ? null : rounded(found.ratio),
    min: rounded(Math.min(...values)),
    max: rounded(Math.max(...values)),
    against,
    bound: bound === undefined ? null : wordsOf(bound),
    met: bound === undefined ? null : isMet(bound, found),
    notes,
  };
}

function wordsOf({ of, at, limit, aim }: Bound): string {
  const sign = at === 'least' ? '≥' : '≤';
  const subject = of === 'ratio' ? 'ratio ' : '';
  if (limit === undefined) return `aim: ${subject}${sign} ${aim ?? 0}`;
  return `${subject}${sign} ${limit}${aim === undefined ? '' : `, aim ${aim}`}`;
}

function isMet(
  { of, at, limit, aim }: Bound,
  found: { readonly value: number; readonly ratio: number | null },
): boolean {
  const asked = limit ?? aim ?? 0;
  const got = of === 'ratio' ? (found.ratio ?? NaN) : found.value;
  return at === 'least' ? got >= asked : got <= asked;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** The value that so many hundredths of all lie at or below (nearest rank). */
export function percentile(values: readonly number[], hundredths: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((sorted.length * hundredths) / 100) - 1)] ?? NaN;
}

/** Four digits say all that a measurement knows. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
