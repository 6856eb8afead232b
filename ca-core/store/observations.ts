import type { Knex } from 'knex';
import { observationText, type Observation } from '../operations/observation.ts';
import { isPostgres } from './database.ts';

export interface ObservationStore {
  /** Takes the place of what this reporter told before. */
  readonly tell: (reporter: string, observation: Observation) => Promise<void>;
  /** Undefined where it told nothing yet, or nothing that can be read. */
  readonly of: (reporter: string) => Promise<Observation | undefined>;
  /** By reporter. */
  readonly all: () => Promise<ReadonlyMap<string, Observation>>;
  /** Seconds since 1970 by the clock of a database server; null where the database is a file of this machine. */
  readonly serverTime: () => Promise<number | null>;
}

interface Row {
  reporter: string;
  observed_at: number;
  report: string;
}

export function openObservationStore(database: Knex): ObservationStore {
  return {
    tell: async (reporter, { at, readings, days }) => {
      const report = JSON.stringify({ readings, days });
      await database<Row>('observations').insert({ reporter, observed_at: at, report }).onConflict('reporter').merge();
    },
    of: async reporter => {
      const row = await database<Row>('observations').where({ reporter }).first();
      return row && observationOf(row);
    },
    all: async () => {
      const rows = await database<Row>('observations').orderBy('reporter');
      return new Map(
        rows.flatMap(row => {
          const observation = observationOf(row);
          return observation === undefined ? [] : [[row.reporter, observation] as const];
        }),
      );
    },
    serverTime: async () => {
      if (!isPostgres(database)) return null;
      const { rows } = await database.raw<{ rows: { at: number }[] }>(
        'SELECT extract(epoch FROM clock_timestamp())::float8 AS at',
      );
      return rows[0]?.at ?? null;
    },
  };
}

function observationOf({ observed_at: at, report }: Row): Observation | undefined {
  try {
    const read = observationText.safeParse(JSON.parse(report));
    return read.success ? { at, ...read.data } : undefined;
  } catch {
    return undefined;
  }
}
