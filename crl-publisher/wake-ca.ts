/** When the CA core is asked for a CRL because a status changed after the newest one. It decides itself. */
import type { CrlMark, Store } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';

export interface WakeParts {
  readonly crls: Pick<Store['crls'], 'order'>;
  readonly status: Pick<Store['status'], 'lastRevocationSeq'>;
  readonly clock: Clock;
}

export interface Wake {
  /** Sees whether revocations or releases wait for a CRL; repeat it. */
  readonly look: (ca: string, newest: CrlMark | undefined) => Promise<void>;
  /** Orders one for those that wait. */
  readonly order: (ca: string) => Promise<void>;
  /** Since when they wait. */
  readonly behindSince: (ca: string) => UnixTime | undefined;
}

/** Asking again sooner helps nobody: the CA core closes every open order with the CRL that it makes. */
const againAfter = 10;

export function wakeForChanges({ crls, status, clock }: WakeParts): Wake {
  const asked = new Map<string, { seq: number; at: UnixTime }>();
  const behind = new Map<string, { seq: number; since: UnixTime }>();
  return {
    look: async (ca, newest) => {
      const seq = await status.lastRevocationSeq();
      if (newest !== undefined && newest.throughSeq >= seq) behind.delete(ca);
      else behind.set(ca, { seq, since: behind.get(ca)?.since ?? clock.now() });
    },
    order: async ca => {
      const seq = behind.get(ca)?.seq;
      const before = asked.get(ca);
      const now = clock.now();
      if (seq === undefined || (before?.seq === seq && Math.abs(now - before.at) < againAfter)) return;
      await crls.order(ca, `status change ${seq}`, now);
      asked.set(ca, { seq, at: now });
    },
    behindSince: ca => behind.get(ca)?.since,
  };
}
