import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import type { PkiError } from '../errors.ts';
import { readApprovals } from './approvals.ts';
import { noteOrKeep, type KeepLate } from './audit.ts';
import { insertAll } from './insert-all.ts';

/** What officers signed about keys, as the database has it: nothing in it is believed before the CA core checked it. */
export interface KeyOrder {
  readonly id: string;
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  readonly state: 'waiting' | 'applied' | 'refused';
}

/** A key that stands in no certificate any more, as the CA core tells others. */
export interface BlockedKey {
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  readonly key: string;
  /** Digest of the document that blocked it. */
  readonly digest: string;
  readonly createdAt: UnixTime;
}

/** What becomes of the table of blocked keys; both may be empty. */
export interface KeyChange {
  readonly blocked: readonly BlockedKey[];
  readonly unblocked: readonly string[];
}

export interface KeyOrderStore {
  readonly of: (digest: string) => Promise<KeyOrder | undefined>;
  readonly oldestWaiting: () => Promise<KeyOrder | undefined>;
  readonly refuse: (id: string, refusal: PkiError, event: AuditEvent) => Promise<void>;
  /** Makes the table what the CA core's own record says, and closes the order where there is one. */
  readonly apply: (id: string | null, change: KeyChange, events: readonly AuditEvent[]) => Promise<void>;
  readonly isBlocked: (key: string) => Promise<boolean>;
  /** Blocked keys in the order of their hashes, those after one of them. */
  readonly blocked: (after: string, limit: number) => Promise<readonly BlockedKey[]>;
}

interface OrderRow {
  id: string;
  digest: string;
  document: string;
  approvals: string;
  state: KeyOrder['state'];
  refusal: string | null;
  created_at: number;
  closed_at: number | null;
}

interface KeyRow {
  key: string;
  digest: string;
  created_at: number;
}

export function openKeyOrderStore(database: Knex, keepLate?: KeepLate): KeyOrderStore {
  const orders = (transaction: Knex = database) => transaction<OrderRow>('key_orders');
  const keys = (transaction: Knex = database) => transaction<KeyRow>('blocked_keys');
  return {
    of: async digest => orderOf(await orders().where({ digest }).first()),
    oldestWaiting: async () => orderOf(await orders().where({ state: 'waiting' }).orderBy('created_at').first()),
    refuse: (id, { code, values }, event) =>
      database.transaction(async transaction => {
        const refused = { state: 'refused' as const, refusal: JSON.stringify({ code, values }), closed_at: event.at };
        await orders(transaction).where({ id }).update(refused);
        await noteOrKeep(transaction, [event], keepLate);
      }),
    apply: (id, { blocked, unblocked }, events) =>
      database.transaction(async transaction => {
        const gone = [...unblocked, ...blocked.map(({ key }) => key)];
        for (let at = 0; at < gone.length; at += 500) {
          await keys(transaction)
            .whereIn('key', gone.slice(at, at + 500))
            .delete();
        }
        const rows = blocked.map(({ key, digest, createdAt }) => ({ key, digest, created_at: createdAt }));
        await insertAll(transaction, 'blocked_keys', rows);
        const closedAt = events[0]?.at ?? null;
        if (id !== null) await orders(transaction).where({ id }).update({ state: 'applied', closed_at: closedAt });
        await noteOrKeep(transaction, events, keepLate);
      }),
    isBlocked: async key => (await keys().where({ key }).first()) !== undefined,
    blocked: async (after, limit) => {
      const rows = await keys().where('key', '>', after).orderBy('key').limit(limit);
      return rows.map(({ key, digest, created_at: createdAt }) => ({ key, digest, createdAt }));
    },
  };
}

function orderOf(row: OrderRow | undefined): KeyOrder | undefined {
  if (row === undefined) return undefined;
  const { id, digest, document, approvals, state } = row;
  return { id, digest, text: document, approvals: readApprovals(approvals), state };
}
