/** How long answers take when half as many are asked for as could be given. */
import { rested, underLoad, type Load, type Loaded } from './wrk.ts';

/** Many, so that a whole number of milliseconds of rest can be met. */
const connections = 64;
const trySeconds = 2;

/** Loads `load.url` at about this rate (answers per second). */
export async function atRate(load: Omit<Load, 'connections'>, rate: number): Promise<Loaded> {
  // Each connection asks, waits for the answer and rests: what the answer takes is learnt by a first try.
  const period = (connections * 1_000) / rate;
  const first = await underLoad({
    ...load,
    connections,
    seconds: trySeconds,
    script: rested(load.script, Math.max(0, period - 1)),
  });
  const taken = (connections * 1_000) / first.rate - Math.max(0, period - 1);
  return underLoad({ ...load, connections, script: rested(load.script, Math.max(0, period - taken)) });
}
