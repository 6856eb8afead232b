/** Which worker has which order: several claim at once, and none waits for another. */
import { availableParallelism } from 'node:os';
import type { Knex } from 'knex';
import type { KeyAlgorithm } from '../approvals/documents.ts';
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
  const limit = next.rsa !== null ? Math.min(claim.limit, mostSlow) : claim.limit;
  return claimOf(database, { ...claim, limit, attestedList: next.attestedList });
}

/** RSA keys are made in tenths of a second: so few at a time that others need not wait for them. */
export const mostSlow = 4 * availableParallelism();

export type RsaAlgorithm = Extract<KeyAlgorithm, `rsa-${string}`>;

/** The attested list that is next, and the keys that its rows ask for, where they take long to make. */
export async function nextAttested(
  database: Knex,
): Promise<{ readonly attestedList: string; readonly rsa: RsaAlgorithm | null } | undefined> {
  const row = await database<OrderRow>('issuance_orders')
    .where({ state: 'waiting' })
    .whereNotNull('attested_list')
    .whereNotIn('attested_list', database('held_lists').select('digest'))
    .orderBy('created_at')
    .first('attested_list', 'document');
  if (row?.attested_list == null) return undefined;
  const asked = /"algorithm":"(rsa-(?:2048|3072|4096))"/.exec(row.document)?.[1] ?? null;
  return { attestedList: row.attested_list, rsa: asked as RsaAlgorithm | null };
}

interface ClaimOf extends Claim {
  readonly attestedList: string | null;
}

async function claimOf(database: Knex, claim: ClaimOf): Promise<readonly OrderRow[]> {
  const rows = await (isPostgres(database) ? claimUnlocked(database, claim) : claimAlone(database, claim));
  return rows.sort((one, other) => one.created_at - other.created_at);
}

/** One statement; what another worker is just claiming is stepped over. */
async function claimUnlocked(database: Knex, claim: ClaimOf): Promise<OrderRow[]> {
  const oldest = oldestWaiting(database, claim).forUpdate().skipLocked();
  return database<OrderRow>('issuance_orders')
    .with('oldest', oldest)
    .whereIn('id', database.select('id').from('oldest'))
    .update(claimedBy(claim))
    .returning<OrderRow[]>('*');
}

/** One statement that nobody else writes beside. What a loss of power takes from it waits again. */
async function claimAlone(database: Knex, claim: ClaimOf): Promise<OrderRow[]> {
  return database<OrderRow>('issuance_orders')
    .whereIn('id', oldestWaiting(database, claim))
    .update(claimedBy(claim))
    .returning<OrderRow[]>('*')
    .options({ mayBeLost: true });
}

const oldestWaiting = (database: Knex, { limit, attestedList }: ClaimOf) =>
  database<OrderRow>('issuance_orders')
    .select('id')
    .where({ state: 'waiting', attested_list: attestedList })
    .orderBy('created_at')
    .limit(limit);

const claimedBy = ({ worker }: ClaimOf) => ({ state: 'claimed', claimed_by: worker }) as const;

/** Orders in that state that no busy worker is at. */
export function leftBehind(database: Knex, busy: readonly string[], state: OrderState) {
  return database<OrderRow>('issuance_orders')
    .where({ state })
    .where(claim => void claim.whereNull('claimed_by').orWhereNotIn('claimed_by', [...busy]));
}
