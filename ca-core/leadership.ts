/** One of several workers does what must be done in sequence: audit log, CRLs, roll, responder's certificates, status. */
import type { Clock, UnixTime } from './clock.ts';
import type { Seat } from './home/lock.ts';
import type { LeaseStore } from './store/leases.ts';

/** One CA core among those that work in a home. */
export interface Worker {
  /** The first seat's is the service's name. */
  readonly name: string;
  /** The others that are running now. */
  readonly busy: () => readonly string[];
}

export function workerAt(seat: Seat): Worker {
  return { name: nameOf(seat.number), busy: () => seat.others().map(nameOf) };
}

const nameOf = (seat: number): string => (seat === 1 ? 'ca-core' : `ca-core ${seat}`);

export interface Leadership {
  /** Whether this worker leads. Takes the lead where nobody has it, or whoever had it is gone or silent. */
  readonly hold: () => Promise<boolean>;
  /** The audit log was written just now. Keeps the lead, and lets the others issue for a while. */
  readonly vouch: () => Promise<void>;
  /** Whether whoever leads wrote the audit log lately: else nothing may be issued (design §3). */
  readonly isVouched: () => boolean;
  /** Gives the lead away, so that another worker may try. */
  readonly giveUp: () => Promise<void>;
}

/** A leader that says nothing for so many seconds has lost the lead; it speaks this often. */
const lifetime = 15;
const vouchEvery = 3;

/** The lease is looked at once a second at most. It only avoids vain work: the logs in the home decide what is signed. */
export function openLeadership(leases: LeaseStore, clock: Clock, worker: Worker): Leadership {
  const own = { until: 0, vouchedAt: 0, lookedAt: 0 };
  let vouchedUntil: UnixTime = 0;
  return {
    hold: async () => {
      const now = clock.now();
      if (now < own.until) return true;
      if (now === own.lookedAt) return false;
      const lease = await leases.leader();
      const gone = lease.holder === null || worker.busy().includes(lease.holder) ? null : lease.holder;
      const wish = { holder: worker.name, now, until: now + lifetime, gone };
      const isFree = gone !== null || lease.holder === null || lease.expiresAt <= now;
      const leads = isFree && (await leases.lead(wish));
      vouchedUntil = leads ? 0 : lease.vouchedUntil;
      Object.assign(own, { until: leads ? wish.until : 0, vouchedAt: 0, lookedAt: now });
      return leads;
    },
    vouch: async () => {
      const now = clock.now();
      if (now - own.vouchedAt < vouchEvery) return;
      const until = now + lifetime;
      const leads = await leases.vouch(worker.name, until);
      Object.assign(own, { until: leads ? until : 0, vouchedAt: now });
      vouchedUntil = leads ? until : 0;
    },
    isVouched: () => clock.now() < vouchedUntil,
    giveUp: async () => {
      Object.assign(own, { until: 0, lookedAt: 0 });
      vouchedUntil = 0;
      await leases.resign(worker.name);
    },
  };
}
