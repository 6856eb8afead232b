/** What the portal tells operators of itself, in figures, and whom it mails when they are called. */
import type { Knex } from 'knex';
import type { UnixTime } from '../../ca-core/clock.ts';
import type { GivenRole } from '../people/roles.ts';
import type { Database } from './database.ts';

export interface WaitingFigures {
  readonly length: number;
  /** Unix seconds when the oldest came; null where nothing waits. */
  readonly since: number | null;
}

/** Applications that wait for officers, not those that wait for their applicant. */
export const casesForOfficers = (database: Database): Promise<WaitingFigures> =>
  figuresOf(database<object, WaitingRow[]>('case_desk').where({ stage: 'open' }), 'submitted_at');

export const lettersToSend = (database: Database): Promise<WaitingFigures> =>
  figuresOf(database<object, WaitingRow[]>('letters').whereNull('sent_at'), 'created_at');

/** Folded addresses of everybody who has a role and an account that opens things. */
export async function mailboxesOf(database: Database, role: GivenRole): Promise<readonly string[]> {
  return database('people')
    .join('person_roles', 'people.id', 'person_roles.person_id')
    .where({ role })
    .whereNull('suspended_at')
    .orderBy('mailbox')
    .pluck<string[]>('mailbox');
}

/** For how many of those who have a role a letter was given up since then. */
export async function unreachable(database: Database, role: GivenRole, since: UnixTime): Promise<number> {
  const mailboxes = await mailboxesOf(database, role);
  const rows = await database('letters')
    .whereNotNull('given_up')
    .where('sent_at', '>', since)
    .whereIn('mailbox', [...mailboxes])
    .distinct('mailbox');
  return rows.length;
}

async function figuresOf(rows: Knex.QueryBuilder<object, WaitingRow[]>, column: string): Promise<WaitingFigures> {
  const { n, since } = await rows.count({ n: '*' }).min({ since: column }).first<WaitingRow>();
  return { length: n, since };
}

interface WaitingRow {
  readonly n: number;
  readonly since: number | null;
}
