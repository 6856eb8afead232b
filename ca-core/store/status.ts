import type { Knex } from 'knex';
import type { RevocationReason } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';

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

export interface StatusStore {
  readonly of: (issuer: string, serialNumber: string) => Promise<CertificateStatus | undefined>;
  readonly changesAfter: (seq: number, limit: number) => Promise<readonly StatusChange[]>;
  /** Serial numbers of an issuer whose newest change is `revoked`. */
  readonly revoked: (issuer: string) => Promise<ReadonlySet<string>>;
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

export function openStatusStore(database: Knex): StatusStore {
  return {
    of: async (issuer, serialNumber) => {
      const row = await newestChange(database, issuer, serialNumber);
      if (row === undefined) return undefined;
      if (row.change !== 'revoked') return { status: 'good' };
      return { status: 'revoked', reason: row.reason ?? 'unspecified', revokedAt: row.revoked_at ?? row.created_at };
    },
    changesAfter: async (seq, limit) => {
      const rows = await database<StatusRow>('status_changes').where('seq', '>', seq).orderBy('seq').limit(limit);
      return rows.map(statusChange);
    },
    revoked: issuer => revokedSerialNumbers(database, issuer),
    lastSeq: () => highest(database('status_changes')),
    lastRevocationSeq: () => highest(database('status_changes').whereNot({ change: 'issued' })),
  };
}

export async function newestChange(
  database: Knex,
  issuer: string,
  serialNumber: string,
): Promise<StatusRow | undefined> {
  return await database<StatusRow>('status_changes')
    .where({ issuer, serial_number: serialNumber })
    .orderBy('seq', 'desc')
    .first();
}

async function revokedSerialNumbers(database: Knex, issuer: string): Promise<ReadonlySet<string>> {
  const rows = await database<StatusRow>('status_changes')
    .where({ issuer })
    .whereNot({ change: 'issued' })
    .orderBy('seq')
    .select('serial_number', 'change');
  const revoked = new Set<string>();
  for (const row of rows) {
    if (row.change === 'revoked') revoked.add(row.serial_number);
    else revoked.delete(row.serial_number);
  }
  return revoked;
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
