import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { encodeAuditLeaf, leafHash, type AuditEvent } from '../audit/leaf.ts';
import { insertAll } from './insert-all.ts';

export interface AuditLeafRow {
  readonly seq: number;
  readonly leaf: Uint8Array;
  readonly leafHash: Uint8Array;
}

/** Puts an event in the outbox inside the caller's own transaction: it happened exactly when that commits (design §3). */
export async function noteEvent(transaction: Knex, event: AuditEvent): Promise<void> {
  await noteEvents(transaction, [event]);
}

/** Many at once, in order. */
export async function noteEvents(transaction: Knex, events: readonly AuditEvent[]): Promise<void> {
  await insertAll(
    transaction,
    'audit_outbox',
    events.map(event => ({ event: JSON.stringify(event) })),
  );
}

export interface AuditStore {
  readonly note: (event: AuditEvent) => Promise<void>;
  /** Moves up to `limit` events from the outbox to the log, in order; the new leaf hashes. One sequencer only. */
  readonly sequence: (limit: number) => Promise<readonly Uint8Array[]>;
  readonly size: () => Promise<number>;
  /** Leaves from `seq` on, in order, at most `limit`. */
  readonly from: (seq: number, limit: number) => Promise<readonly AuditLeafRow[]>;
}

export function openAuditStore(database: Knex): AuditStore {
  return {
    note: event => noteEvent(database, event),
    sequence: limit => database.transaction(transaction => sequenceOutbox(transaction, limit)),
    size: () => sizeOf(database),
    from: async (seq, limit) => {
      const rows = await database<LogRow>('audit_log').where('seq', '>=', seq).orderBy('seq').limit(limit);
      return rows.map(row => ({ seq: row.seq, leaf: row.leaf, leafHash: row.leaf_hash }));
    },
  };
}

interface LogRow {
  seq: number;
  leaf: Buffer;
  leaf_hash: Buffer;
}

async function sizeOf(database: Knex): Promise<number> {
  const newest = await database<LogRow>('audit_log').max<{ top: number | null }[]>('seq as top');
  return newest[0]?.top === null || newest[0] === undefined ? 0 : newest[0].top + 1;
}

async function sequenceOutbox(transaction: Knex, limit: number): Promise<readonly Uint8Array[]> {
  const waiting = await transaction<{ id: number; event: string }>('audit_outbox').orderBy('id').limit(limit);
  if (waiting.length === 0) return [];
  const size = await sizeOf(transaction);
  const leaves = waiting.map(row => leafOf(row.event));
  const rows = leaves.map((leaf, at) => ({
    seq: size + at,
    leaf: Buffer.from(leaf),
    leaf_hash: Buffer.from(leafHash(leaf)),
  }));
  await insertAll(transaction, 'audit_log', rows);
  await transaction('audit_outbox')
    .where('id', '<=', waiting.at(-1)?.id ?? 0)
    .delete();
  return rows.map(row => row.leaf_hash);
}

/** A row that no event can be read from was written by another hand: it goes into the log as that, and stops nobody. */
function leafOf(text: string): Uint8Array {
  try {
    return encodeAuditLeaf(JSON.parse(text) as AuditEvent);
  } catch {
    const details = { row: createHash('sha256').update(text).digest('hex') };
    const what = { action: 'event.unreadable', actor: 'unknown', subject: 'audit_outbox' };
    return encodeAuditLeaf({ at: 0, service: 'ca-core', ...what, details });
  }
}
