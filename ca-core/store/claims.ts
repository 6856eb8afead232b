/** Which worker has which order: several claim at once, and none waits for another. */
import { availableParallelism } from 'node:os';
import type { Knex } from 'knex';
import { isPostgres } from './database.ts';

/** awaitingKey: two officers approved it, and the key is not on its token yet. */
export type OrderState = 'awaitingKey' | 'waiting' | 'claimed' | 'intended' | 'issued' | 'refused';

export interface OrderRow {
  id: string;
  case_id: string;
  digest: string;
  document: string;
  approvals: string;
  list: string | null;
  attestation: string | null;
  attested_list: string | null;
  station_request: string | null;
  state: OrderState;
  claimed_by: string | null;
  refusal: string | null;
  created_at: number;
  closed_at: number | null;
}

export interface Claim {
  readonly worker: string;
  readonly limit: number;
}

/**
 * Claims up to `limit` waiting orders, oldest first. Whoever waits alone goes before attested lists, which are many; of
 * those the oldest that is not held is next.
 */
export async function claimRows(database: Knex, claim: Claim): Promise<readonly OrderRow[]> {
  const alone = await claimOf(database, { ...claim, attestedList: null });
  if (alone.length > 0) return alone;
  const next = await nextAttested(database);
  if (next === undefined) return [];
  const limit = next.isSlow ? Math.min(claim.limit, mostSlow) : claim.limit;
  return claimOf(database, { ...claim, limit, attestedList: next.attestedList });
}

/** RSA keys are made in tenths of a second: so few at a time that others need not wait for them. */
export const mostSlow = 4 * availableParallelism();

/** The attested list that is next, and whether its rows ask for keys that take long to make. */
export async function nextAttested(
  database: Knex,
): Promise<{ readonly attestedList: string; readonly isSlow: boolean } | undefined> {
  const row = await database<OrderRow>('issuance_orders')
    .where({ state: 'waiting' })
    .whereNotNull('attested_list')
    .whereNotIn('attested_list', database('held_lists').select('digest'))
    .orderBy('created_at')
    .first('attested_list', 'document');
  if (row?.attested_list == null) return undefined;
  return { attestedList: row.attested_list, isSlow: row.document.includes('"algorithm":"rsa-') };
}

interface ClaimOf extends Claim {
  readonly attestedList: string | null;
}

async function claimOf(database: Knex, claim: ClaimOf): Promise<readonly OrderRow[]> {
  const rows = await (isPostgres(database)
    ? claimUnlocked(database, claim)
    : database.transaction(transaction => claimOldest(transaction, claim)));
  return rows.sort((one, other) => one.created_at - other.created_at);
}

/** One statement; what another worker is just claiming is stepped over. */
async function claimUnlocked(database: Knex, { worker, limit, attestedList }: ClaimOf): Promise<OrderRow[]> {
  const oldest = database<OrderRow>('issuance_orders')
    .select('id')
    .where({ state: 'waiting', attested_list: attestedList })
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
async function claimOldest(transaction: Knex, { worker, limit, attestedList }: ClaimOf): Promise<OrderRow[]> {
  const rows = await transaction<OrderRow>('issuance_orders')
    .where({ state: 'waiting', attested_list: attestedList })
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
