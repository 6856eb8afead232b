import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { encodeAuditLeaf, isAuditEvent, leafHash, type AuditEvent } from '../audit/leaf.ts';
import { PkiError } from '../errors.ts';
import { isConflict } from './conflicts.ts';
import { insertAll } from './insert-all.ts';
import { readJson } from './read-row.ts';

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

/** Keeps the events of what goes on although the outbox cannot be written, until it can. */
export type KeepLate = (events: readonly AuditEvent[]) => Promise<void>;

/**
 * For what must not wait for the audit log: revocation, CRLs, the responder's certificate. Where the outbox cannot be
 * written the event is kept late, before the transaction commits; without a place for late events this is noteEvents.
 */
export async function noteOrKeep(transaction: Knex, events: readonly AuditEvent[], keepLate?: KeepLate): Promise<void> {
  if (keepLate === undefined) return noteEvents(transaction, events);
  try {
    // A savepoint, since PostgreSQL gives up a transaction in which a statement failed.
    await transaction.transaction(savepoint => noteEvents(savepoint, events));
  } catch (error) {
    if (isConflict(error)) throw error;
    await keepLate(events);
  }
}

/**
 * The wish to revoke or release: it is not turned away because the audit log is. Its own row is the record then, and the
 * CA core notes what comes of it.
 */
export async function noteRevocationWish(transaction: Knex, event: AuditEvent): Promise<void> {
  await noteOrKeep(transaction, [event], () => Promise.resolve());
}

/** New leaves of the log, which begin at `from`. */
export interface SequencedLeaves {
  readonly from: number;
  readonly leafHashes: readonly Uint8Array[];
}

/** The newest checkpoint as everybody may have it: the signed note, and the line of the key that signed it. */
export interface PublishedCheckpoint {
  readonly note: string;
  readonly key: string;
}

export interface AuditStore {
  readonly note: (event: AuditEvent) => Promise<void>;
  /** All in one transaction, in order; throws where the outbox cannot be written. */
  readonly noteAll: (events: readonly AuditEvent[]) => Promise<void>;
  /**
   * Moves up to `limit` events from the outbox to the log, in order. One sequencer only. Throws auditBroken, moving
   * nothing, where the log is shorter than `atLeast` leaves.
   */
  readonly sequence: (limit: number, atLeast: number) => Promise<SequencedLeaves>;
  readonly size: () => Promise<number>;
  /** Leaves from `seq` on, in order, at most `limit`. */
  readonly from: (seq: number, limit: number) => Promise<readonly AuditLeafRow[]>;
  /** For those who prove events without the CA core's home; nothing is judged by it there. */
  readonly publish: (checkpoint: PublishedCheckpoint) => Promise<void>;
  readonly published: () => Promise<PublishedCheckpoint | undefined>;
}

export function openAuditStore(database: Knex, keepLate?: KeepLate): AuditStore {
  return {
    note: event => noteOrKeep(database, [event], keepLate),
    noteAll: events => database.transaction(transaction => noteEvents(transaction, events)),
    sequence: (limit, atLeast) => database.transaction(transaction => sequenceOutbox(transaction, limit, atLeast)),
    size: () => sizeOf(database),
    from: async (seq, limit) => {
      const rows = await database<LogRow>('audit_log').where('seq', '>=', seq).orderBy('seq').limit(limit);
      return rows.map(row => ({ seq: row.seq, leaf: octetsOf(row.leaf), leafHash: octetsOf(row.leaf_hash) }));
    },
    publish: async checkpoint => {
      await database('audit_checkpoints')
        .insert({ id: 1, ...checkpoint })
        .onConflict('id')
        .merge();
    },
    published: () => database<PublishedCheckpoint & { id: number }>('audit_checkpoints').first('note', 'key'),
  };
}

interface LogRow {
  seq: number;
  leaf: Buffer;
  leaf_hash: Buffer;
}

/** Whatever another hand may have put into a binary column. */
const octetsOf = (column: unknown): Uint8Array => (column instanceof Uint8Array ? column : new Uint8Array(0));

async function sizeOf(database: Knex): Promise<number> {
  const newest = await database<LogRow>('audit_log').max<{ top: number | null }[]>('seq as top');
  return newest[0]?.top === null || newest[0] === undefined ? 0 : newest[0].top + 1;
}

async function sequenceOutbox(transaction: Knex, limit: number, atLeast: number): Promise<SequencedLeaves> {
  const from = await sizeOf(transaction);
  if (from < atLeast)
    throw new PkiError('auditBroken', {
      reason: `the log had ${atLeast} leaves and has ${from}: where a backup was put back, kakuin recover`,
    });
  const waiting = await transaction<{ id: number; event: string }>('audit_outbox').orderBy('id').limit(limit);
  const leaves = waiting.map(row => leafOf(row.event));
  const rows = leaves.map((leaf, at) => ({
    seq: from + at,
    leaf: Buffer.from(leaf),
    leaf_hash: Buffer.from(leafHash(leaf)),
  }));
  await insertAll(transaction, 'audit_log', rows);
  await deleteSequenced(
    transaction,
    waiting.map(row => row.id),
  );
  return { from, leafHashes: rows.map(row => row.leaf_hash) };
}

/** By their ids: on PostgreSQL an event with a smaller id may have come in since. */
async function deleteSequenced(transaction: Knex, ids: readonly number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 500) {
    await transaction('audit_outbox')
      .whereIn('id', ids.slice(at, at + 500))
      .delete();
  }
}

/** A row that no event can be read from was written by another hand: it goes into the log as that, and stops nobody. */
function leafOf(column: unknown): Uint8Array {
  const text = typeof column === 'string' ? column : JSON.stringify(column);
  const event = readJson(text);
  if (isAuditEvent(event)) return encodeAuditLeaf(event);
  const details = { row: createHash('sha256').update(text).digest('hex') };
  const what = { action: 'event.unreadable', actor: 'unknown', subject: 'audit_outbox' };
  return encodeAuditLeaf({ at: 0, service: 'ca-core', ...what, details });
}
