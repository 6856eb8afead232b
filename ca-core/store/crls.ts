import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import { concat, type Der } from '../x509/der.ts';
import { noteOrKeep, type KeepLate } from './audit.ts';
import { addParts, dropPartsAbove, dropPartsBelow, partsOf, type CrlList } from './crl-parts.ts';
import { readOctets } from './read-row.ts';

/** What was made under one number, without its octets. */
export interface CrlMark {
  readonly issuer: string;
  readonly crlNumber: number;
  readonly thisUpdate: UnixTime;
  readonly nextUpdate: UnixTime;
  readonly entries: number;
  /** Status changes up to this one are in it. */
  readonly throughSeq: number;
  /** Names: `0` and on for the parts by shard, `0-delta`, `all` for all certificates where there are several shards. */
  readonly lists: readonly string[];
  /** Which of them is of all certificates; null where there is none, since it is only deltas. */
  readonly complete: string | null;
}

/** A complete CRL with its octets. */
export interface CrlRow extends Omit<CrlMark, 'lists' | 'complete'> {
  readonly crl: Der;
}

export interface CrlStore {
  /** The newest complete CRL, all of it in memory. */
  readonly newest: (issuer: string) => Promise<CrlRow | undefined>;
  /** What was made last, complete or not; cheap to ask. */
  readonly newestMark: (issuer: string) => Promise<CrlMark | undefined>;
  /** The newest under which full lists were made. */
  readonly newestFullMark: (issuer: string) => Promise<CrlMark | undefined>;
  /** The octets of a list that a mark names, piece by piece; none where it is not there any more. */
  readonly octets: (mark: Pick<CrlMark, 'issuer' | 'crlNumber'>, list: string) => AsyncIterable<Uint8Array>;
  /** A wake-up for the CA core, which decides by itself (design §1). */
  readonly order: (issuer: string, because: string, at: UnixTime) => Promise<void>;
  readonly waiting: (issuer: string) => Promise<number>;
  /** A short complete CRL. */
  readonly record: (crl: CrlRow, event: AuditEvent) => Promise<void>;
  /** All lists of a number at once. The octets of what came before the last complete one are dropped. */
  readonly recordLists: (mark: CrlMark, lists: readonly CrlList[], event: AuditEvent) => Promise<void>;
  /** Takes out rows whose number this CA never gave. */
  readonly discardAbove: (issuer: string, crlNumber: number) => Promise<void>;
}

interface Row {
  issuer: string;
  crl_number: number;
  crl: Buffer;
  lists: string | null;
  complete: string | null;
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
    newest: issuer => newestComplete(database, issuer),
    newestMark: async issuer => {
      const row = await marks(database, issuer).first();
      return row && markOf(row);
    },
    newestFullMark: async issuer => {
      const row = await completeOnes(database, issuer).first();
      return row && markOf(row);
    },
    octets: (mark, list) => octetsOf(database, mark, list),
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
      await dropPartsAbove(database, issuer, crlNumber);
    },
    record: (crl, event) =>
      database.transaction(transaction =>
        recordRow(transaction, { ...rowOf(crl), crl: Buffer.from(crl.crl) }, { event, keepLate }),
      ),
    recordLists: (mark, lists, event) =>
      database.transaction(async transaction => {
        const before = await completeOnes(transaction, mark.issuer).first();
        // Parts without a row are what a row by another hand, or none, left under this number.
        await dropPartsAbove(transaction, mark.issuer, mark.crlNumber - 1);
        for (const list of lists) await addParts(transaction, mark, list);
        if (before !== undefined) await dropPartsBelow(transaction, mark.issuer, before.crl_number);
        const names = { lists: mark.lists.join(' '), complete: mark.complete };
        await recordRow(transaction, { ...rowOf(mark), crl: Buffer.alloc(0), ...names }, { event, keepLate });
      }),
  };
}

type MarkRow = Omit<Row, 'crl' | 'created_at'>;

const marks = (database: Knex, issuer: string) =>
  database<Row>('crls')
    .where({ issuer })
    .orderBy('crl_number', 'desc')
    .select('issuer', 'crl_number', 'lists', 'complete', 'this_update', 'next_update', 'entries', 'through_seq');

/** Newest first. */
const completeOnes = (database: Knex, issuer: string) =>
  marks(database, issuer).where(row => void row.whereNull('lists').orWhereNotNull('complete'));

async function newestComplete(database: Knex, issuer: string): Promise<CrlRow | undefined> {
  const row = await completeOnes(database, issuer).first();
  if (row === undefined) return undefined;
  const { lists, complete, ...mark } = markOf(row);
  const pieces: Uint8Array[] = [];
  for await (const piece of octetsOf(database, mark, complete ?? lists[0] ?? '')) pieces.push(piece);
  return { ...mark, crl: concat(...pieces) };
}

async function* octetsOf(
  database: Knex,
  { issuer, crlNumber }: Pick<CrlMark, 'issuer' | 'crlNumber'>,
  list: string,
): AsyncGenerator<Uint8Array, void> {
  const row = await database<Row>('crls').where({ issuer, crl_number: crlNumber }).select('crl', 'lists').first();
  if (row?.lists === null) yield readOctets(row.crl);
  else yield* partsOf(database, { issuer, crlNumber, list });
}

interface Recording {
  readonly event: AuditEvent;
  readonly keepLate: KeepLate | undefined;
}

async function recordRow(
  transaction: Knex,
  row: Omit<Row, 'created_at'>,
  { event, keepLate }: Recording,
): Promise<void> {
  await transaction<Row>('crls').insert({ ...row, created_at: event.at });
  await transaction<OrderRow>('crl_orders')
    .where({ issuer: row.issuer })
    .whereNull('closed_at')
    .update({ closed_at: event.at });
  await noteOrKeep(transaction, [event], keepLate);
}

const rowOf = (crl: Omit<CrlMark, 'lists' | 'complete'>): MarkRow => ({
  issuer: crl.issuer,
  crl_number: crl.crlNumber,
  lists: null,
  complete: null,
  this_update: crl.thisUpdate,
  next_update: crl.nextUpdate,
  entries: crl.entries,
  through_seq: crl.throughSeq,
});

function markOf(row: MarkRow): CrlMark {
  const lists = typeof row.lists === 'string' ? row.lists.split(' ') : ['0'];
  return {
    issuer: row.issuer,
    crlNumber: row.crl_number,
    thisUpdate: row.this_update,
    nextUpdate: row.next_update,
    entries: row.entries,
    throughSeq: row.through_seq,
    lists,
    complete: row.lists === null ? '0' : row.complete,
  };
}
