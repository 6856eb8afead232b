/** How long the publisher waits before it asks by the timetable: not all publishers and CAs ask in the same second. */
export interface PauseBounds {
  /** Seconds, the longest. */
  readonly jitter: number;
  /** Seconds until the newest CRL of some issuing CA is overdue; negative where it is. */
  readonly left: number;
}

/** Milliseconds, by a lot drawn from [0, 1). What is due is never waited past. */
export const pauseByLot = ({ jitter, left }: PauseBounds, lot: number): number =>
  1_000 * Math.max(0, Math.min(lot * jitter, left));
