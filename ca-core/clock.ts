/** Seconds since 1970-01-01T00:00:00Z, whole: X.509, OCSP and CRL times have no fraction (RFC 5280 §4.1.2.5.2). */
export type UnixTime = number;

/** Where every folder takes the time from; tests pass a clock of their own. */
export interface Clock {
  readonly now: () => UnixTime;
}

export const systemClock: Clock = { now: () => Math.floor(Date.now() / 1000) };

/** With its fraction: for measuring how far off the clock is. Nothing is dated by it. */
export const preciseNow = (): number => Date.now() / 1000;
