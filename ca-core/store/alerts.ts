import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { ReadingName } from '../operations/observation.ts';

/** What operators are called for: a reading that turned red, one that is red still, or one that no longer is. */
export interface Alert {
  readonly id: string;
  readonly reading: ReadingName;
  readonly subject: string;
  readonly state: 'red' | 'green';
  readonly cause: 'change' | 'reminder';
  readonly value: number | null;
  /** Since when it is so. */
  readonly since: UnixTime;
  readonly raisedAt: UnixTime;
}

export interface AlertStore {
  /** The same alert again changes nothing. */
  readonly add: (alert: Alert) => Promise<void>;
  /** Newest first. */
  readonly newest: (limit: number) => Promise<readonly Alert[]>;
  readonly newestOf: (reading: ReadingName, subject: string) => Promise<Alert | undefined>;
  /** Oldest first, of which no letters were posted. */
  readonly unmailed: (limit: number) => Promise<readonly Alert[]>;
  readonly noteMailed: (id: string, at: UnixTime) => Promise<void>;
}

interface Row {
  id: string;
  reading: ReadingName;
  subject: string;
  state: 'red' | 'green';
  cause: 'change' | 'reminder';
  value: number | null;
  since: number;
  raised_at: number;
  mailed_at: number | null;
}

export function openAlertStore(database: Knex): AlertStore {
  return {
    add: async ({ raisedAt, ...alert }) => {
      await database<Row>('alerts')
        .insert({ ...alert, raised_at: raisedAt })
        .onConflict('id')
        .ignore();
    },
    newest: async limit => (await database<Row>('alerts').orderBy('raised_at', 'desc').limit(limit)).map(alertOf),
    newestOf: async (reading, subject) => {
      const row = await database<Row>('alerts').where({ reading, subject }).orderBy('raised_at', 'desc').first();
      return row && alertOf(row);
    },
    unmailed: async limit => {
      const rows = await database<Row>('alerts').whereNull('mailed_at').orderBy('raised_at').limit(limit);
      return rows.map(alertOf);
    },
    noteMailed: async (id, at) => {
      await database<Row>('alerts').where({ id }).update({ mailed_at: at });
    },
  };
}

const alertOf = ({ raised_at: raisedAt, ...row }: Row): Alert => ({
  id: row.id,
  reading: row.reading,
  subject: row.subject,
  state: row.state,
  cause: row.cause,
  value: row.value,
  since: row.since,
  raisedAt,
});
