/** What was deleted by the policy, and what is past its time and belongs to no case. */
import { randomUUID } from 'node:crypto';
import type { RetentionClass } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

/** Nothing of what it said: the hash is over rows that hold random ids, so that nobody finds the words by trying. */
export interface Deletion {
  readonly id: string;
  readonly class: RetentionClass;
  /** As it stood then: `3650 days after certificateEnd`. */
  readonly rule: string;
  /** Null where what went belonged to no case. */
  readonly caseId: string | null;
  /** Rows, or files. */
  readonly count: number;
  /** SHA-256, hex. */
  readonly hash: string;
  readonly deletedAt: number;
}

interface DeletionRow {
  id: string;
  class: RetentionClass;
  rule: string;
  case_id: string | null;
  count: number;
  hash: string;
  deleted_at: number;
}

export async function addDeletion(database: Database, deletion: Omit<Deletion, 'id'>): Promise<string> {
  const id = randomUUID();
  const { caseId, deletedAt, ...rest } = deletion;
  await database<DeletionRow>('deletions').insert({ ...rest, id, case_id: caseId, deleted_at: deletedAt });
  return id;
}

/** Newest first. */
export async function newestDeletions(database: Database, limit: number): Promise<readonly Deletion[]> {
  const rows = await database<DeletionRow>('deletions').orderBy('deleted_at', 'desc').orderBy('id').limit(limit);
  return rows.map(({ case_id: caseId, deleted_at: deletedAt, ...rest }) => ({ ...rest, caseId, deletedAt }));
}

export type LooseClass = Extract<RetentionClass, 'closedReports' | 'endedCards' | 'sentLetters' | 'endedSessions'>;

type Row = Readonly<Record<string, unknown>>;

interface Place {
  readonly table: string;
  readonly since: string;
  readonly key: string;
  /** Where the row stays without what named a person: what it says then. */
  readonly left?: Readonly<Record<string, null>>;
}

const places: Readonly<Record<LooseClass, Place>> = {
  closedReports: { table: 'problem_reports', since: 'closed_at', key: 'id' },
  endedCards: {
    ...{ table: 'cards', since: 'ended_at', key: 'idm' },
    left: { holder_mailbox: null, holder_name: null, note: null },
  },
  sentLetters: { table: 'letters', since: 'sent_at', key: 'id' },
  endedSessions: { table: 'portal_sessions', since: 'seen_at', key: 'token_hash' },
};

export async function countLoose(database: Database, of: LooseClass, before: number): Promise<number> {
  const [row] = await loose(database, of, before).count<{ n: number }[]>('* as n');
  return row?.n ?? 0;
}

/** Takes away so many at most; the rows as they were. */
export async function takeLoose(
  trx: Database,
  of: LooseClass,
  { before, limit }: { readonly before: number; readonly limit: number },
): Promise<readonly Row[]> {
  const { table, key, left } = places[of];
  const rows: readonly Row[] = await loose(trx, of, before).orderBy(key).limit(limit).select('*');
  const keys = rows.map(row => String(row[key]));
  const taken = trx(table).whereIn(key, keys);
  await (left === undefined ? taken.delete() : taken.update(left));
  return rows;
}

/** A report about a case that is on hold stays with it, and so does the holder of a card with its certificate. */
function loose(database: Database, of: LooseClass, before: number) {
  const { table, since } = places[of];
  const query = database(table).whereNotNull(since).where(since, '<=', before);
  const held = database('legal_holds').whereNull('released_at').select('case_id');
  if (of === 'closedReports') void query.where(free => void free.whereNull('case_id').orWhereNotIn('case_id', held));
  if (of === 'endedCards')
    void query
      .whereNotNull('holder_mailbox')
      .whereNotIn('idm', database('passes').whereIn('case_id', held).select('idm'));
  return query;
}

/** Octets of what is deleted from now on by this connection do not stay in the file. PostgreSQL's VACUUM does the same. */
export async function eraseOctets(database: Database): Promise<void> {
  if (isSqlite(database)) await database.raw('PRAGMA secure_delete = ON');
}

/** SQLite's log of changes holds pages as they were before: it is copied into the file and cut off. */
export async function eraseLog(database: Database): Promise<void> {
  if (isSqlite(database)) await database.raw('PRAGMA wal_checkpoint(TRUNCATE)');
}

const isSqlite = (database: Database): boolean =>
  (database.client as { readonly dialect: string }).dialect !== 'postgresql';
