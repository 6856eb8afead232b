import type { Knex } from 'knex';
import type { RevocationReason } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import { isPostgres } from './database.ts';

/** One step in the life of a certificate, in the order it was recorded. */
export interface StatusChange {
  readonly seq: number;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly change: 'issued' | 'revoked' | 'released';
  readonly reason: RevocationReason | null;
  readonly revokedAt: UnixTime | null;
  readonly invalidityDate: UnixTime | null;
  readonly notAfter: UnixTime;
  readonly createdAt: UnixTime;
}

export interface CertificateStatus {
  readonly status: 'good' | 'revoked';
  readonly reason?: RevocationReason;
  readonly revokedAt?: UnixTime;
}

export interface Decision {
  readonly seq: number;
  readonly serialNumber: string;
  readonly change: 'revoked' | 'released';
  readonly reason: RevocationReason | null;
  readonly revokedAt: UnixTime | null;
}

/** How many decisions there are, and the newest one's `seq`. */
export interface DecisionMark {
  readonly count: number;
  readonly top: number;
}

export interface StatusStore {
  readonly of: (issuer: string, serialNumber: string) => Promise<CertificateStatus | undefined>;
  /** Those of these certificates that are revoked or on hold, and why. */
  readonly revokedAmong: (
    issuer: string,
    serialNumbers: readonly string[],
  ) => Promise<ReadonlyMap<string, RevocationReason>>;
  readonly changesAfter: (seq: number, limit: number) => Promise<readonly StatusChange[]>;
  /** Decisions of an issuer after `seq`, in their order. */
  readonly decisionsAfter: (issuer: string, seq: number, limit: number) => Promise<readonly Decision[]>;
  /** Changes whenever a decision of this issuer is added or taken away. */
  readonly decisionMark: (issuer: string) => Promise<DecisionMark>;
  readonly lastSeq: () => Promise<number>;
  /** The newest `revoked` or `released` change, 0 where there is none: a CRL older than it is behind. */
  readonly lastRevocationSeq: () => Promise<number>;
}

export interface StatusRow {
  seq: number;
  issuer: string;
  serial_number: string;
  change: StatusChange['change'];
  reason: RevocationReason | null;
  revoked_at: number | null;
  invalidity_date: number | null;
  not_after: number;
  order_id: string | null;
  created_at: number;
}

/** Written out, not bound, so that the database may use the index over decisions alone. */
const decided = "change <> 'issued'";

export function openStatusStore(database: Knex): StatusStore {
  return {
    of: async (issuer, serialNumber) => {
      const row = await newestDecision(database, issuer, serialNumber);
      if (row === undefined) return (await isIssued(database, issuer, serialNumber)) ? { status: 'good' } : undefined;
      if (row.change !== 'revoked') return { status: 'good' };
      return { status: 'revoked', reason: row.reason ?? 'unspecified', revokedAt: row.revoked_at ?? row.created_at };
    },
    revokedAmong: async (issuer, serialNumbers) => {
      const newest = await newestDecisions(database, issuer, serialNumbers);
      return new Map(
        [...newest].flatMap(([serialNumber, { change, reason }]) =>
          change === 'revoked' ? [[serialNumber, reason ?? 'unspecified'] as const] : [],
        ),
      );
    },
    changesAfter: async (seq, limit) => {
      const rows = await database<StatusRow>('status_changes').where('seq', '>', seq).orderBy('seq').limit(limit);
      return rows.map(statusChange);
    },
    decisionsAfter: (issuer, seq, limit) =>
      database<StatusRow>('status_changes')
        .where({ issuer })
        .whereRaw(decided)
        .where('seq', '>', seq)
        .orderBy('seq')
        .limit(limit)
        .select<Decision[]>('seq', 'change', 'reason', { serialNumber: 'serial_number', revokedAt: 'revoked_at' }),
    decisionMark: issuer => markOf(database, issuer),
    lastSeq: () => highest(database('status_changes')),
    lastRevocationSeq: () => highest(database('status_changes').whereRaw(decided)),
  };
}

/**
 * Before a status change is inserted: lets one transaction after the other do so, so that on PostgreSQL, too, `seq` rises
 * in the order of the commits and who follows it misses nothing. A locked row, which every dialect of PostgreSQL has.
 */
export async function inOrder(transaction: Knex): Promise<void> {
  if (isPostgres(transaction)) await transaction('leases').where({ name: 'statusChanges' }).forUpdate().first();
}

/** The newest revocation or release; `issued` decides nothing, wherever it stands. */
export async function newestDecision(
  database: Knex,
  issuer: string,
  serialNumber: string,
): Promise<StatusRow | undefined> {
  return await database<StatusRow>('status_changes')
    .where({ issuer, serial_number: serialNumber })
    .whereRaw(decided)
    .orderBy('seq', 'desc')
    .first();
}

/** The newest revocation or release of each of these certificates. */
export async function newestDecisions(
  database: Knex,
  issuer: string,
  serialNumbers: readonly string[],
): Promise<ReadonlyMap<string, StatusRow>> {
  const newest = new Map<string, StatusRow>();
  for (let at = 0; at < serialNumbers.length; at += askedAtOnce) {
    const rows = await database<StatusRow>('status_changes')
      .where({ issuer })
      .whereIn('serial_number', serialNumbers.slice(at, at + askedAtOnce))
      .whereRaw(decided)
      .orderBy('seq');
    for (const row of rows) newest.set(row.serial_number, row);
  }
  return newest;
}

const askedAtOnce = 500;

async function isIssued(database: Knex, issuer: string, serialNumber: string): Promise<boolean> {
  const row = await database<StatusRow>('status_changes').where({ issuer, serial_number: serialNumber }).first();
  return row !== undefined;
}

async function markOf(database: Knex, issuer: string): Promise<DecisionMark> {
  const rows = await database<StatusRow>('status_changes')
    .where({ issuer })
    .whereRaw(decided)
    .select<{ n: number; top: number | null }[]>(database.raw('count(*) as n, max(seq) as top'));
  return { count: rows[0]?.n ?? 0, top: rows[0]?.top ?? 0 };
}

async function highest(query: Knex.QueryBuilder): Promise<number> {
  const rows: { top: number | null }[] = await query.max('seq as top');
  return rows[0]?.top ?? 0;
}

function statusChange(row: StatusRow): StatusChange {
  return {
    seq: row.seq,
    issuer: row.issuer,
    serialNumber: row.serial_number,
    change: row.change,
    reason: row.reason,
    revokedAt: row.revoked_at,
    invalidityDate: row.invalidity_date,
    notAfter: row.not_after,
    createdAt: row.created_at,
  };
}
