import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';

export interface Lease {
  readonly holder: string | null;
  readonly expiresAt: UnixTime;
  /** The holder wrote the audit log lately: until then other workers may issue. */
  readonly vouchedUntil: UnixTime;
}

/** A wish to lead. It is granted where nobody leads, or the wisher, or `gone`, or whose time is over. */
export interface LeaseWish {
  readonly holder: string;
  readonly now: UnixTime;
  readonly until: UnixTime;
  readonly gone: string | null;
}

/** Which of several workers does what only one may do at a time. What rests on it is safe without it: it avoids vain work. */
export interface LeaseStore {
  readonly leader: () => Promise<Lease>;
  /** Whether the wisher leads now. */
  readonly lead: (wish: LeaseWish) => Promise<boolean>;
  /** Prolongs and vouches; false where somebody else leads by now. */
  readonly vouch: (holder: string, until: UnixTime) => Promise<boolean>;
  readonly resign: (holder: string) => Promise<void>;
}

interface Row {
  name: string;
  holder: string | null;
  expires_at: number;
  vouched_until: number;
}

const nobody = { holder: null, expires_at: 0, vouched_until: 0 };

/** `table`: leases for the CA core's workers, publisher_leases for the CRL publishers. */
export function openLeaseStore(database: Knex, table: 'leases' | 'publisher_leases' = 'leases'): LeaseStore {
  const leader = () => database<Row>(table).where({ name: 'leader' });
  return {
    leader: async () => {
      const row = (await leader().first()) ?? nobody;
      return { holder: row.holder, expiresAt: row.expires_at, vouchedUntil: row.vouched_until };
    },
    lead: async ({ holder, now, until, gone }) => {
      const taken = await leader()
        .where(
          free => void free.whereNull('holder').orWhereIn('holder', [holder, gone]).orWhere('expires_at', '<=', now),
        )
        .update({ holder, expires_at: until, vouched_until: 0 });
      return taken === 1;
    },
    vouch: async (holder, until) =>
      (await leader().where({ holder }).update({ expires_at: until, vouched_until: until })) === 1,
    resign: async holder => {
      await leader().where({ holder }).update(nobody);
    },
  };
}
