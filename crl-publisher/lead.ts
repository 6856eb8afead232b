/** One of several publishers orders CRLs; each puts what is new. The lease only avoids vain orders. */
import type { Clock } from '../ca-core/clock.ts';
import type { Store } from '../ca-core/index.ts';

export interface Lead {
  /** Whether this publisher leads. Takes the lead where nobody has it, or whoever had it is silent. */
  readonly hold: () => Promise<boolean>;
  readonly resign: () => Promise<void>;
}

/** Seconds after which a silent leader is none; it speaks again before half of them are over. */
const lifetime = 30;

export function openLead(leases: Store['publisherLeases'], clock: Clock, name: string): Lead {
  const own = { from: 0, leads: false };
  return {
    hold: async () => {
      const now = clock.now();
      const age = now - own.from;
      if (own.leads && age >= 0 && age < lifetime / 2) return true;
      own.leads = await leases.lead({ holder: name, now, until: now + lifetime, gone: null });
      own.from = now;
      return own.leads;
    },
    resign: async () => {
      own.leads = false;
      await leases.resign(name);
    },
  };
}
