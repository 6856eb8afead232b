/** What a recovery asks of the database and puts back into it. Run it as the owner of the tables. */
import type { Knex } from 'knex';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import { noteEvents, type AuditLeafRow } from './audit.ts';
import { isPostgres } from './database.ts';
import { insertAll } from './insert-all.ts';
import { intentionRow, type Intention } from './orders.ts';

export interface KnownOrder {
  readonly id: string;
  readonly state: string;
}

export interface RecoveryStore {
  /** Of these serial numbers, those whose certificates are recorded. */
  readonly recorded: (issuer: string, serialNumbers: readonly string[]) => Promise<ReadonlySet<string>>;
  /** By case. */
  readonly ordersOf: (caseIds: readonly string[]) => Promise<ReadonlyMap<string, KnownOrder>>;
  /** Digests of case documents, by case, as the database has them. */
  readonly digestsOf: (caseIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly intended: (caseIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Cases with a key or PKCS#12 that was made for them, picked up or not. */
  readonly delivered: (caseIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Intentions that were lost, so that the CA core ends them as after a crash; their orders, where there are any, wait for that. */
  readonly intendAgain: (intentions: readonly Intention[], events: readonly AuditEvent[]) => Promise<void>;
  /** Orders to revoke or release that were applied, after one of them. */
  readonly appliedAfter: (id: string, limit: number) => Promise<readonly AppliedOrder[]>;
  /** All orders of the others that were applied, oldest first. */
  readonly appliedIn: (table: 'mass_revocations' | 'key_orders') => Promise<readonly KnownDocument[]>;
  /** Has them judged again. */
  readonly judgeAgain: (table: OrderTable, ids: readonly string[]) => Promise<void>;
  /** Of these orders, the ones that were refused. */
  readonly refusedAmong: (table: OrderTable, ids: readonly string[]) => Promise<ReadonlySet<string>>;
  /** CRL numbers of an issuer that have a row. */
  readonly crlNumbers: (issuer: string) => Promise<ReadonlySet<number>>;
  /** Leaves so many numbers of status changes out: followers had seen some that are gone, and must not take new ones for them. */
  readonly skipStatusChanges: (count: number) => Promise<void>;
  /** When the newest certificate or change of status was recorded; 0 for none. */
  readonly newestAt: () => Promise<UnixTime>;
  readonly appendLeaves: (leaves: readonly AuditLeafRow[]) => Promise<void>;
}

export type OrderTable = 'revocation_orders' | 'mass_revocations' | 'key_orders';

export interface KnownDocument {
  readonly id: string;
  readonly digest: string;
}

export interface AppliedOrder extends KnownDocument {
  readonly issuer: string;
  readonly serialNumber: string;
  /** Its document, as the database has it. */
  readonly text: string;
}

type Asked = Omit<RecoveryStore, 'intendAgain' | 'judgeAgain' | 'skipStatusChanges' | 'appendLeaves'>;

/** As many as one statement takes. */
const idsAtOnce = 500;

const portionsOf = (ids: readonly string[]): readonly string[][] =>
  Array.from({ length: Math.ceil(ids.length / idsAtOnce) }, (_, at) => ids.slice(at * idsAtOnce, (at + 1) * idsAtOnce));

export function openRecoveryStore(database: Knex): RecoveryStore {
  return {
    ...whatIsThere(database),
    intendAgain: (intentions, events) =>
      database.transaction(async transaction => {
        await insertAll(transaction, 'intentions', intentions.map(intentionRow));
        await transaction('issuance_orders')
          .whereIn(
            'id',
            intentions.map(({ orderId }) => orderId),
          )
          .update({ state: 'intended', claimed_by: null, refusal: null });
        await noteEvents(transaction, events);
      }),
    judgeAgain: (table, ids) =>
      database.transaction(async transaction => {
        for (const some of portionsOf(ids))
          await transaction(table).whereIn('id', some).update({ state: 'waiting', closed_at: null });
      }),
    skipStatusChanges: count => skipStatusChanges(database, count),
    appendLeaves: leaves =>
      insertAll(
        database,
        'audit_log',
        leaves.map(one => ({ seq: one.seq, leaf: Buffer.from(one.leaf), leaf_hash: Buffer.from(one.leafHash) })),
      ),
  };
}

function whatIsThere(database: Knex): Asked {
  const casesIn = async (table: string, caseIds: readonly string[]): Promise<ReadonlySet<string>> =>
    new Set(
      await database(table)
        .whereIn('case_id', [...caseIds])
        .pluck<string[]>('case_id'),
    );
  return {
    recorded: async (issuer, serialNumbers) =>
      new Set(
        await database('certificates')
          .where({ issuer })
          .whereIn('serial_number', [...serialNumbers])
          .pluck<string[]>('serial_number'),
      ),
    ordersOf: async caseIds => {
      const rows = await database('issuance_orders')
        .whereIn('case_id', [...caseIds])
        .select<{ case_id: string; id: string; state: string }[]>('case_id', 'id', 'state');
      return new Map(rows.map(({ case_id: caseId, id, state }) => [caseId, { id, state }]));
    },
    digestsOf: caseIds => digestsOf(database, caseIds),
    intended: caseIds => casesIn('intentions', caseIds),
    delivered: caseIds => casesIn('deliveries', caseIds),
    appliedAfter: (id, limit) =>
      database('revocation_orders')
        .where({ state: 'applied' })
        .where('id', '>', id)
        .orderBy('id')
        .limit(limit)
        .select<AppliedOrder[]>('id', 'issuer', 'digest', { serialNumber: 'serial_number', text: 'document' }),
    appliedIn: table =>
      database(table).where({ state: 'applied' }).orderBy('created_at').select<KnownDocument[]>('id', 'digest'),
    refusedAmong: async (table, ids) => {
      const refused = new Set<string>();
      for (const some of portionsOf(ids))
        for (const id of await database(table).where({ state: 'refused' }).whereIn('id', some).pluck<string[]>('id'))
          refused.add(id);
      return refused;
    },
    crlNumbers: async issuer => new Set(await database('crls').where({ issuer }).pluck<number[]>('crl_number')),
    newestAt: async () => {
      const [certificate] = await database('certificates').max<{ top: number | null }[]>('created_at as top');
      const [change] = await database('status_changes').max<{ top: number | null }[]>('created_at as top');
      return Math.max(certificate?.top ?? 0, change?.top ?? 0);
    },
  };
}

async function digestsOf(database: Knex, caseIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const orders = await database('issuance_orders')
    .whereIn('case_id', [...caseIds])
    .select<{ case_id: string; digest: string }[]>('case_id', 'digest');
  const intentions = await database('intentions')
    .whereIn('case_id', [...caseIds])
    .select<{ case_id: string; digest: string }[]>('case_id', { digest: 'case_digest' });
  return new Map([...orders, ...intentions].map(({ case_id: caseId, digest }) => [caseId, digest]));
}

async function skipStatusChanges(database: Knex, count: number): Promise<void> {
  if (isPostgres(database)) {
    const sequence = "pg_get_serial_sequence('status_changes', 'seq')";
    await database.raw(`SELECT setval(${sequence}, nextval(${sequence}) + ?)`, [count]);
    return;
  }
  const changed = await database('sqlite_sequence').where({ name: 'status_changes' }).increment('seq', count);
  if (changed === 0) await database('sqlite_sequence').insert({ name: 'status_changes', seq: count });
}
