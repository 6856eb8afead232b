/** Which worker has which order: several claim at once, and none waits for another. */
import type { Knex } from 'knex';
import { isPostgres } from './database.ts';

export type OrderState = 'waiting' | 'claimed' | 'intended' | 'issued' | 'refused';

export interface OrderRow {
  id: string;
  case_id: string;
  digest: string;
  document: string;
  approvals: string;
  list: string | null;
  state: OrderState;
  claimed_by: string | null;
  refusal: string | null;
  created_at: number;
  closed_at: number | null;
}

/** Claims up to `limit` waiting orders, oldest first. */
export async function claimRows(database: Knex, worker: string, limit: number): Promise<readonly OrderRow[]> {
  const rows = await (isPostgres(database)
    ? claimUnlocked(database, worker, limit)
    : database.transaction(transaction => claimOldest(transaction, worker, limit)));
  return rows.sort((one, other) => one.created_at - other.created_at);
}

/** One statement; what another worker is just claiming is stepped over. */
async function claimUnlocked(database: Knex, worker: string, limit: number): Promise<OrderRow[]> {
  const oldest = database<OrderRow>('issuance_orders')
    .select('id')
    .where({ state: 'waiting' })
    .orderBy('created_at')
    .limit(limit)
    .forUpdate()
    .skipLocked();
  return database<OrderRow>('issuance_orders')
    .with('oldest', oldest)
    .whereIn('id', database.select('id').from('oldest'))
    .update({ state: 'claimed', claimed_by: worker })
    .returning<OrderRow[]>('*');
}

/** In a transaction that nobody else writes beside. */
async function claimOldest(transaction: Knex, worker: string, limit: number): Promise<OrderRow[]> {
  const rows = await transaction<OrderRow>('issuance_orders')
    .where({ state: 'waiting' })
    .orderBy('created_at')
    .limit(limit);
  await transaction<OrderRow>('issuance_orders')
    .whereIn(
      'id',
      rows.map(row => row.id),
    )
    .update({ state: 'claimed', claimed_by: worker });
  return rows;
}

/** Orders in that state that no busy worker is at. */
export function leftBehind(database: Knex, busy: readonly string[], state: OrderState) {
  return database<OrderRow>('issuance_orders')
    .where({ state })
    .where(claim => void claim.whereNull('claimed_by').orWhereNotIn('claimed_by', [...busy]));
}
