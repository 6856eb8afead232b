/** The queue as the database answers it: a page of one tab, and how many cases each tab has. */
import type { Knex } from 'knex';
import type { ApplicationState } from '../applications/application.ts';
import type { Database } from './database.ts';
import { deskRow, type DeskRow, type StoredDeskRow } from './desk.ts';

export const queueTabs = ['unassigned', 'mine', 'second', 'applicant', 'overdue', 'done', 'all'] as const;
export type QueueTab = (typeof queueTabs)[number];

export interface QueueQuestion {
  readonly tab: QueueTab;
  /** Folded (officer/fold-search.ts); empty for all. */
  readonly text: string;
  readonly profile: string;
  /** The officer who asks, by member id. */
  readonly officer: string;
  readonly now: number;
}

export interface QueuedCase extends DeskRow {
  readonly state: ApplicationState;
  readonly kanjiName: string;
  readonly organisationName: string;
  readonly mailbox: string;
  readonly documentDigest: string | null;
  /** Approvals of the document that stands for the case, as far as they have not expired. */
  readonly signatures: number;
}

interface QueueRow extends StoredDeskRow {
  state: ApplicationState;
  kanji_name: string;
  organisation_name: string;
  mailbox: string;
  document_digest: string | null;
  signatures: number;
}

/** Of the tab, from `offset` on: what is due first, or for what is done the newest. */
export async function queuePage(
  database: Database,
  question: QueueQuestion,
  { limit, offset }: { limit: number; offset: number },
): Promise<readonly QueuedCase[]> {
  const query = rowsFor(database, question)
    .select('d.*', 'a.state', 'a.kanji_name', 'a.organisation_name', 'a.mailbox', 'a.document_digest')
    .select(database.raw(`(${signatures}) as signatures`, [question.now]))
    .limit(limit)
    .offset(offset);
  void (question.tab === 'done' || question.tab === 'all'
    ? query.orderBy('d.changed_at', 'desc')
    : query.orderBy('d.due_at').orderBy('d.submitted_at'));
  const rows = (await query.orderBy('d.case_id')) as QueueRow[];
  return rows.map(queuedCase);
}

/** How many cases every tab has, by the same search. */
export async function queueCounts(
  database: Database,
  question: QueueQuestion,
): Promise<Readonly<Record<QueueTab, number>>> {
  const { officer, now } = question;
  const isHeld = 'd.claimed_until > ?';
  const sums: Readonly<Record<QueueTab, readonly [string, readonly (string | number)[]]>> = {
    unassigned: [`d.stage = 'open' and (${turn}) = 'first' and not coalesce(${isHeld}, false)`, [now, now]],
    mine: [`d.stage = 'open' and d.claimed_by = ? and ${isHeld}`, [officer, now]],
    second: [`d.stage = 'open' and (${turn}) = 'second'`, [now]],
    applicant: [`d.stage = 'applicant'`, []],
    overdue: [`d.stage = 'open' and d.due_at < ?`, [now]],
    done: [`d.stage = 'done'`, []],
    all: ['1 = 1', []],
  };
  const query = searched(database, question);
  for (const [tab, [condition, values]] of Object.entries(sums)) {
    void query.select(database.raw(`sum(case when ${condition} then 1 else 0 end) as "${tab}"`, [...values]));
  }
  const [row] = (await query) as Partial<Record<QueueTab, number | null>>[];
  return Object.fromEntries(queueTabs.map(tab => [tab, row?.[tab] ?? 0])) as Record<QueueTab, number>;
}

/** A document has one signature, or needs its first; `ordered` is with the CA core already. Takes `now`. */
const signatures = 'select count(*) from approvals p where p.digest = a.document_digest and p.expires_at >= ?';
const turn = `case when a.document_digest is null then 'first' else (case (${signatures}) when 0 then 'first'
  when 1 then 'second' else (case when exists (select 1 from issuance_orders o where o.case_id = a.case_id
  and o.state <> 'refused') then 'ordered' else 'first' end) end) end`;

function searched(database: Database, { text, profile }: QueueQuestion): Knex.QueryBuilder {
  const query = database('case_desk as d').join('applications as a', 'a.case_id', 'd.case_id');
  if (text !== '') void query.where('d.search_text', 'like', `%${text.replace(/[\\%_]/g, '')}%`);
  if (profile !== '') void query.where('d.profile', profile);
  return query;
}

function rowsFor(database: Database, question: QueueQuestion): Knex.QueryBuilder {
  const query = searched(database, question);
  const { tab, now, officer } = question;
  switch (tab) {
    case 'unassigned':
      return query
        .where('d.stage', 'open')
        .whereRaw('coalesce(d.claimed_until, 0) <= ?', [now])
        .whereRaw(`(${turn}) = 'first'`, [now]);
    case 'mine':
      return query.where({ 'd.stage': 'open', 'd.claimed_by': officer }).where('d.claimed_until', '>', now);
    case 'second':
      return query.where('d.stage', 'open').whereNotNull('a.document_digest').whereRaw(`(${turn}) = 'second'`, [now]);
    case 'applicant':
    case 'done':
      return query.where('d.stage', tab);
    case 'overdue':
      return query.where('d.stage', 'open').where('d.due_at', '<', now);
    case 'all':
      return query;
  }
}

function queuedCase(row: QueueRow): QueuedCase {
  return {
    ...deskRow(row),
    state: row.state,
    kanjiName: row.kanji_name,
    organisationName: row.organisation_name,
    mailbox: row.mailbox,
    documentDigest: row.document_digest,
    signatures: row.signatures,
  };
}
