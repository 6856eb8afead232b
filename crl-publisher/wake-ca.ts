/** When the CA core is asked for a CRL: by the clock, and when a status changed after the newest one. It decides itself. */
import type { CrlRow, Store } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';

export interface WakeParts {
  readonly crls: Pick<Store['crls'], 'order'>;
  readonly status: Pick<Store['status'], 'lastRevocationSeq'>;
  readonly clock: Clock;
}

/** Asking again sooner helps nobody: the CA core closes every open order with the CRL that it makes. */
const againAfter = 10;

/** Orders a CRL where revocations or releases wait for one; repeat it. */
export function wakeForChanges(parts: WakeParts): (ca: string, newest: CrlRow | undefined) => Promise<void> {
  const asked = new Map<string, { seq: number; at: UnixTime }>();
  return async (ca, newest) => {
    const seq = await parts.status.lastRevocationSeq();
    if (newest !== undefined && newest.throughSeq >= seq) return;
    const now = parts.clock.now();
    const before = asked.get(ca);
    if (before?.seq === seq && now < before.at + againAfter) return;
    await parts.crls.order(ca, newest === undefined ? 'there is none yet' : `status change ${seq}`, now);
    asked.set(ca, { seq, at: now });
  };
}
