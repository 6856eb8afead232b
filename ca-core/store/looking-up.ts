/** What the operator's console looks up, row by row; nothing here changes anything. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import { certificateOf, type CertificateRow, type StoredCertificate } from './certificates.ts';
import type { OrderRow, OrderState } from './claims.ts';
import { readRefusal, type Refusal } from './read-row.ts';

export interface OrderSummary {
  readonly caseId: string;
  readonly digest: string;
  readonly state: OrderState;
  readonly worker: string | null;
  readonly refusal: Refusal | null;
  readonly createdAt: UnixTime;
}

export interface LookUps {
  /** Newest first. */
  readonly orders: (state: OrderState | undefined, limit: number) => Promise<readonly OrderSummary[]>;
  /** How many there are in each state. */
  readonly orderCounts: () => Promise<Readonly<Partial<Record<OrderState, number>>>>;
  /** All certificates by serial number, in pages: those after one, of one profile where it is given. */
  readonly certificatesAfter: (
    serialNumber: string,
    limit: number,
    profile?: string,
  ) => Promise<readonly CertificateRow[]>;
}

export function openLookUps(database: Knex): LookUps {
  return {
    orders: async (state, limit) => {
      const rows = database<OrderRow>('issuance_orders').orderBy('created_at', 'desc').limit(limit);
      return (await (state === undefined ? rows : rows.where({ state }))).map(summaryOf);
    },
    orderCounts: async () => {
      const rows = await database('issuance_orders')
        .groupBy('state')
        .select<{ state: OrderState; n: number }[]>('state', database.raw('count(*) as n'));
      return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
    },
    certificatesAfter: async (serialNumber, limit, profile) => {
      const rows = database<StoredCertificate>('certificates')
        .where('serial_number', '>', serialNumber)
        .orderBy('serial_number')
        .limit(limit);
      return (await (profile === undefined ? rows : rows.where({ profile }))).map(certificateOf);
    },
  };
}

const summaryOf = (row: OrderRow): OrderSummary => ({
  caseId: row.case_id,
  digest: row.digest,
  state: row.state,
  worker: row.claimed_by,
  refusal: readRefusal(row.refusal),
  createdAt: row.created_at,
});
