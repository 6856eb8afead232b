import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';

/** How a service last said it was. */
export interface ServiceState {
  readonly service: string;
  readonly state: 'green' | 'red';
  readonly detail: string;
  readonly seenAt: UnixTime;
}

export interface StateStore {
  readonly beat: (state: ServiceState) => Promise<void>;
  readonly all: () => Promise<readonly ServiceState[]>;
}

interface Row {
  service: string;
  state: 'green' | 'red';
  detail: string;
  seen_at: number;
}

export function openStateStore(database: Knex): StateStore {
  return {
    beat: async ({ service, state, detail, seenAt }) => {
      await database<Row>('service_states')
        .insert({ service, state, detail, seen_at: seenAt })
        .onConflict('service')
        .merge();
    },
    all: async () => {
      const rows = await database<Row>('service_states').orderBy('service');
      return rows.map(row => ({ service: row.service, state: row.state, detail: row.detail, seenAt: row.seen_at }));
    },
  };
}
