/** Figures for operators: what waits and since when, what ends, what happened each day. Counts and times, nothing of anybody. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { DayFigures } from '../operations/observation.ts';

/** What waits for the CA core, by the tables' names for it. */
export const caQueues = [
  'orders',
  'revocations',
  'massRevocations',
  'keyOrders',
  'crlOrders',
  'signerRequests',
] as const;
export type CaQueue = (typeof caQueues)[number];

export interface QueueFigures {
  readonly length: number;
  /** When the oldest came; null where nothing waits. */
  readonly since: UnixTime | null;
}

export interface SampledCertificate {
  readonly issuer: string;
  readonly serialNumber: string;
}

export interface FigureStore {
  readonly queue: (queue: CaQueue) => Promise<QueueFigures>;
  /** Audit events that are not in the log yet. */
  readonly auditOutbox: () => Promise<QueueFigures>;
  /** End-entity certificates that are good or on hold and end after `from`, not after `until`. */
  readonly expiring: (from: UnixTime, until: UnixTime) => Promise<number>;
  /** The days in Japan from the one of `from` on that have any. */
  readonly days: (from: UnixTime) => Promise<readonly DayFigures[]>;
  /** Certificates of an issuer in the order of their serial numbers, from this one on, without their octets. */
  readonly sample: (issuer: string, from: string, limit: number) => Promise<readonly SampledCertificate[]>;
}

const open: Readonly<Record<CaQueue, (database: Knex) => Knex.QueryBuilder>> = {
  orders: database => database('issuance_orders').whereIn('state', ['waiting', 'claimed', 'intended']),
  revocations: database => database('revocation_orders').where({ state: 'waiting' }),
  massRevocations: database => database('mass_revocations').where({ state: 'waiting' }),
  keyOrders: database => database('key_orders').where({ state: 'waiting' }),
  crlOrders: database => database('crl_orders').whereNull('closed_at'),
  signerRequests: database => database('signer_requests').where({ state: 'waiting' }),
};

export function openFigureStore(database: Knex): FigureStore {
  return {
    queue: async name => {
      const rows: { n: number; since: number | null }[] = await open[name](database).select(
        database.raw('count(*) as n, min(created_at) as since'),
      );
      return { length: rows[0]?.n ?? 0, since: rows[0]?.since ?? null };
    },
    auditOutbox: async () => {
      const count = await database('audit_outbox').count<{ n: number }[]>('* as n');
      const oldest = await database('audit_outbox').orderBy('id').first<{ event: string } | undefined>('event');
      return { length: count[0]?.n ?? 0, since: oldest === undefined ? null : timeIn(oldest.event) };
    },
    expiring: async (from, until) => {
      const rows = await database('certificates')
        .where('not_after', '>', from)
        .where('not_after', '<=', until)
        .whereNotNull('case_id')
        .whereNotExists(
          database('status_changes')
            .whereRaw("change = 'revoked' AND reason <> 'certificateHold'")
            .whereRaw('status_changes.issuer = certificates.issuer')
            .whereRaw('status_changes.serial_number = certificates.serial_number'),
        )
        .count<{ n: number }[]>('* as n');
      return rows[0]?.n ?? 0;
    },
    days: from => dayFigures(database, from),
    sample: (issuer, from, limit) =>
      database('certificates')
        .where({ issuer })
        .where('serial_number', '>=', from)
        .orderBy('serial_number')
        .limit(limit)
        .select<SampledCertificate[]>('issuer', { serialNumber: 'serial_number' }),
  };
}

/** Japan has no summer time. */
const japan = 9 * 3600;
const day = 86_400;

async function dayFigures(database: Knex, from: UnixTime): Promise<readonly DayFigures[]> {
  const first = Math.floor((from + japan) / day) * day - japan;
  const rows: { day: number; change: string; n: number }[] = await database('status_changes')
    .where('created_at', '>=', first)
    // What has no order is a responder's certificate.
    .whereRaw("(change = 'revoked' OR (change = 'issued' AND order_id IS NOT NULL))")
    .groupByRaw('(created_at + 32400) / 86400, change')
    .select(database.raw('(created_at + 32400) / 86400 as day, change, count(*) as n'));
  const found = new Map<number, { issued: number; revoked: number }>();
  for (const row of rows) {
    const figures = found.get(row.day) ?? { issued: 0, revoked: 0 };
    found.set(row.day, { ...figures, [row.change]: row.n });
  }
  return [...found]
    .sort(([one], [other]) => one - other)
    .map(([number, figures]) => ({ day: dayText(number), ...figures }));
}

const dayText = (number: number): string => new Date(number * day * 1000).toISOString().slice(0, 10);

function timeIn(event: string): UnixTime | null {
  try {
    const { at } = JSON.parse(event) as { at?: unknown };
    return typeof at === 'number' ? at : null;
  } catch {
    return null;
  }
}
