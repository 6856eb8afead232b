/** What the tables say of the handing over of keys, for whoever compares it with the certificates. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';

export interface ToldDelivery {
  readonly caseId: string;
  /** Null where there is no order. */
  readonly orderState: string | null;
  /** Whether the case wants its key made by the CA core. */
  readonly isKeyMade: boolean;
  /** Undefined where there is no row. */
  readonly delivery:
    | {
        readonly isSealed: boolean;
        readonly isThere: boolean;
        readonly pickedUpAt: UnixTime | null;
        readonly expiresAt: UnixTime;
      }
    | undefined;
}

interface OrderRow {
  readonly case_id: string;
  readonly state: string;
  readonly document: string;
}

interface DeliveryRow {
  readonly case_id: string;
  readonly expires_at: number;
  readonly picked_up_at: number | null;
  readonly sealed: number;
  readonly there: number;
}

export interface ToldDeliveries {
  readonly of: (caseIds: readonly string[]) => Promise<ReadonlyMap<string, ToldDelivery>>;
  /** Cases with a delivery, without a certificate and without an order that may still become one; so many at most. */
  readonly stray: (limit: number) => Promise<readonly string[]>;
  readonly count: () => Promise<number>;
}

export function openToldDeliveries(database: Knex): ToldDeliveries {
  return {
    of: caseIds => toldOf(database, caseIds),
    stray: limit =>
      database('deliveries')
        .leftJoin('certificates', 'deliveries.case_id', 'certificates.case_id')
        .leftJoin('issuance_orders', 'deliveries.case_id', 'issuance_orders.case_id')
        .whereNull('certificates.case_id')
        .where(
          order =>
            void order.whereNull('issuance_orders.state').orWhereIn('issuance_orders.state', ['issued', 'refused']),
        )
        .limit(limit)
        .pluck<string[]>('deliveries.case_id'),
    count: async () => (await database('deliveries').count<{ n: number }[]>('* as n'))[0]?.n ?? 0,
  };
}

async function toldOf(database: Knex, caseIds: readonly string[]): Promise<ReadonlyMap<string, ToldDelivery>> {
  const orders = await database<OrderRow>('issuance_orders')
    .whereIn('case_id', [...caseIds])
    .select<OrderRow[]>('case_id', 'state', 'document');
  const is = (condition: string) => `case when ${condition} then 1 else 0 end`;
  const deliveries = await database('deliveries')
    .whereIn('case_id', [...caseIds])
    .select<DeliveryRow[]>(
      'case_id',
      'expires_at',
      'picked_up_at',
      database.raw(`${is('sealed_key is not null')} as sealed`),
      database.raw(`${is('sealed_key is not null or pkcs12 is not null or wrapped_key is not null')} as there`),
    );
  const orderOf = new Map(orders.map(row => [row.case_id, row]));
  const deliveryOf = new Map(deliveries.map(row => [row.case_id, row]));
  return new Map(caseIds.map(caseId => [caseId, toldIn(caseId, orderOf.get(caseId), deliveryOf.get(caseId))]));
}

function toldIn(caseId: string, order: OrderRow | undefined, row: DeliveryRow | undefined): ToldDelivery {
  const delivery = row && {
    isSealed: row.sealed === 1,
    isThere: row.there === 1,
    pickedUpAt: row.picked_up_at,
    expiresAt: row.expires_at,
  };
  const isKeyMade = order?.document.includes('"from":"server"') ?? false;
  return { caseId, orderState: order?.state ?? null, isKeyMade, delivery };
}
