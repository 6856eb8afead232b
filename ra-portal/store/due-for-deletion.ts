/** Which cases are past the time that the policy keeps a class of theirs. What is on legal hold never is. */
import type { Knex } from 'knex';
import type { RetentionClass } from '../../ca-core/index.ts';
import type { Database } from './database.ts';
import type { LooseClass } from './deletions.ts';

export type CaseClass = Exclude<RetentionClass, LooseClass>;

export interface DueBefore {
  /** Unix seconds: what the class counts from lies at or before this. */
  readonly before: number;
  /** Now; a hold that waits for its second person counts for a while. */
  readonly now: number;
  readonly limit: number;
  /** One case alone: asked again inside the step that deletes. */
  readonly caseId?: string;
}

/** Case ids, oldest first. */
export async function dueCases(
  database: Database,
  of: CaseClass,
  { before, now, limit, caseId }: DueBefore,
): Promise<readonly string[]> {
  const query = database('applications as a')
    .whereNull('a.erased_at')
    .whereNotExists(heldCase(database, now))
    .orderBy(['a.submitted_at', 'a.case_id'])
    .limit(limit);
  if (caseId !== undefined) void query.where('a.case_id', caseId);
  conditions[of](query, { database, before });
  return (await query.pluck('a.case_id')) as string[];
}

interface Ground {
  readonly database: Database;
  readonly before: number;
}

type Narrow = (query: Knex.QueryBuilder, ground: Ground) => void;

const conditions: Readonly<Record<CaseClass, Narrow>> = {
  uploadedDocuments: (query, ground) => {
    ended(query, ground);
    void query.whereExists(ground.database('uploads').whereRaw('uploads.owner = a.case_id').select('id'));
  },
  identityRecords: (query, ground) => {
    ended(query, ground);
    void query.where(any => {
      for (const table of identityTables)
        void any.orWhereExists(ground.database(table).whereRaw('??.case_id = a.case_id', [table]).select('case_id'));
    });
  },
  applicationFields: ended,
  deskNotes: (query, ground) => {
    ended(query, ground);
    void query.where(any => {
      void any.whereNotNull('a.decision_note');
      for (const table of noteTables)
        void any.orWhereExists(ground.database(table).whereRaw('??.case_id = a.case_id', [table]).select('case_id'));
    });
  },
  abandonedApplications: (query, ground) => {
    void query
      .where('a.changed_at', '<=', ground.before)
      .where(
        any => void any.where('a.state', 'returned').orWhere({ 'a.state': 'submitted', 'a.mailbox_proved_at': null }),
      );
    unissued(query, ground);
  },
  refusedApplications: (query, ground) => {
    void query.whereIn('a.state', ['rejected', 'withdrawn']).where('a.changed_at', '<=', ground.before);
    unissued(query, ground);
  },
};

export const identityTables = ['case_evidence', 'case_register_records', 'member_applications'] as const;
export const noteTables = ['case_notes', 'case_remarks'] as const;

/** Its certificate ended so long ago, and so did every certificate that was renewed from it, one after the other. */
function ended(query: Knex.QueryBuilder, { database, before }: Ground): void {
  void query
    .whereExists(
      database('certificates as c')
        .whereRaw('c.case_id = a.case_id')
        .where('c.not_after', '<=', before)
        .select('c.case_id'),
    )
    .whereRaw(`not exists (${liveRenewal})`, [before]);
}

/** An unfinished renewal counts as live, too: officers may take evidence of the case before. */
const liveRenewal = `
  with recursive line (case_id) as (
    select case_id from renewals where renews = a.case_id
    union select r.case_id from renewals r join line on r.renews = line.case_id
  )
  select 1 from line join applications n on n.case_id = line.case_id
  left join certificates l on l.case_id = n.case_id
  where l.not_after > ? or (l.case_id is null and n.state not in ('rejected', 'withdrawn'))`;

function unissued(query: Knex.QueryBuilder, { database }: Ground): void {
  for (const table of ['certificates', 'issuance_orders'])
    void query.whereNotExists(database(table).whereRaw('??.case_id = a.case_id', [table]).select('case_id'));
}

/** A hold counts from the second signature on, and for a week while it waits for that. */
export function heldCase(database: Database, now: number) {
  return database('legal_holds as h')
    .whereRaw('h.case_id = a.case_id')
    .whereNull('h.released_at')
    .where(counts => void counts.whereNotNull('h.confirmed_at').orWhere('h.placed_at', '>', now - waiting))
    .select('h.id');
}

const waiting = 7 * 86_400;
