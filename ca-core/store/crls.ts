import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import type { Der } from '../x509/der.ts';
import { noteOrKeep, type KeepLate } from './audit.ts';
import { readOctets } from './read-row.ts';

export interface CrlRow {
  readonly issuer: string;
  readonly crlNumber: number;
  readonly crl: Der;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  readonly entries: number;
  /** Status changes up to this one are in it. */
  readonly throughSeq: number;
}

export interface CrlStore {
  readonly newest: (issuer: string) => Promise<CrlRow | undefined>;
  /** A wake-up for the CA core, which decides by itself (design §1). */
  readonly order: (issuer: string, because: string, at: UnixTime) => Promise<void>;
  readonly waiting: (issuer: string) => Promise<number>;
  readonly record: (crl: CrlRow, event: AuditEvent) => Promise<void>;
  /** Takes out rows whose number this CA never gave. */
  readonly discardAbove: (issuer: string, crlNumber: number) => Promise<void>;
}

interface Row {
  issuer: string;
  crl_number: number;
  crl: Buffer;
  this_update: number;
  next_update: number;
  entries: number;
  through_seq: number;
  created_at: number;
}

interface OrderRow {
  id: string;
  issuer: string;
  because: string;
  created_at: number;
  closed_at: number | null;
}

export function openCrlStore(database: Knex, keepLate?: KeepLate): CrlStore {
  return {
    newest: async issuer => {
      const row = await database<Row>('crls').where({ issuer }).orderBy('crl_number', 'desc').first();
      return row && crlOf(row);
    },
    order: async (issuer, because, at) => {
      await database<OrderRow>('crl_orders').insert({ id: randomUUID(), issuer, because, created_at: at });
    },
    waiting: async issuer => {
      const rows = await database('crl_orders')
        .where({ issuer })
        .whereNull('closed_at')
        .count<{ n: number }[]>('* as n');
      return rows[0]?.n ?? 0;
    },
    discardAbove: async (issuer, crlNumber) => {
      await database<Row>('crls').where({ issuer }).where('crl_number', '>', crlNumber).delete();
    },
    record: (crl, event) => database.transaction(transaction => recordCrl(transaction, crl, event, keepLate)),
  };
}

async function recordCrl(transaction: Knex, crl: CrlRow, event: AuditEvent, keepLate?: KeepLate): Promise<void> {
  await transaction<Row>('crls').insert({
    issuer: crl.issuer,
    crl_number: crl.crlNumber,
    crl: Buffer.from(crl.crl),
    this_update: crl.thisUpdate,
    next_update: crl.nextUpdate,
    entries: crl.entries,
    through_seq: crl.throughSeq,
    created_at: event.at,
  });
  await transaction<OrderRow>('crl_orders')
    .where({ issuer: crl.issuer })
    .whereNull('closed_at')
    .update({ closed_at: event.at });
  await noteOrKeep(transaction, event, keepLate);
}

function crlOf(row: Row): CrlRow {
  return {
    issuer: row.issuer,
    crlNumber: row.crl_number,
    crl: readOctets(row.crl),
    thisUpdate: row.this_update,
    nextUpdate: row.next_update,
    entries: row.entries,
    throughSeq: row.through_seq,
  };
}
