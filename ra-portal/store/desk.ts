/** Whose turn a case is, and until when: one row a case, made from the application by officer/follow-desk.ts. */
import type { CertificateApplication } from '../applications/application.ts';
import { findApplication } from './applications.ts';
import type { Database } from './database.ts';

/** `open` waits for officers, `applicant` for the applicant, `done` for nobody. */
export type DeskStage = 'open' | 'applicant' | 'done';

export interface DeskRow {
  readonly caseId: string;
  readonly stage: DeskStage;
  readonly submittedAt: number;
  readonly changedAt: number;
  /** Unix seconds; null while the clock stands still. */
  readonly dueAt: number | null;
  /** Seconds of working time, while the clock stands still. */
  readonly timeLeft: number | null;
  readonly claimedBy: string | null;
  readonly claimedUntil: number | null;
  readonly profile: string;
  readonly searchText: string;
}

export interface StoredDeskRow {
  case_id: string;
  stage: DeskStage;
  submitted_at: number;
  changed_at: number;
  due_at: number | null;
  time_left: number | null;
  claimed_by: string | null;
  claimed_until: number | null;
  profile: string;
  search_text: string;
}

/** Applications that changed since the desk last looked, the longest ago first. */
export async function unfollowed(database: Database, limit: number): Promise<readonly CertificateApplication[]> {
  const ids = await database<{ case_id: string; followed: number; changed_at: number }>('applications')
    .where('followed', 0)
    .orderBy('changed_at')
    .limit(limit)
    .pluck('case_id');
  const found: CertificateApplication[] = [];
  for (const id of ids) {
    const application = await findApplication(database, id);
    if (application !== null) found.push(application);
  }
  return found;
}

export async function noteFollowed(database: Database, caseId: string): Promise<void> {
  await database('applications').where('case_id', caseId).update({ followed: 1 });
}

export async function deskRowOf(database: Database, caseId: string): Promise<DeskRow | null> {
  const row = await database<StoredDeskRow>('case_desk').where('case_id', caseId).first();
  return row === undefined ? null : deskRow(row);
}

export async function keepDeskRow(database: Database, row: DeskRow): Promise<void> {
  await database<StoredDeskRow>('case_desk').insert(storedDeskRow(row)).onConflict('case_id').merge();
}

/** Null for both takes the claim away. */
export async function keepClaim(
  database: Database,
  caseId: string,
  { by, until }: { by: string | null; until: number | null },
): Promise<void> {
  await database<StoredDeskRow>('case_desk').where('case_id', caseId).update({ claimed_by: by, claimed_until: until });
}

export function deskRow(row: StoredDeskRow): DeskRow {
  return {
    caseId: row.case_id,
    stage: row.stage,
    submittedAt: row.submitted_at,
    changedAt: row.changed_at,
    dueAt: row.due_at,
    timeLeft: row.time_left,
    claimedBy: row.claimed_by,
    claimedUntil: row.claimed_until,
    profile: row.profile,
    searchText: row.search_text,
  };
}

export function storedDeskRow(row: DeskRow): StoredDeskRow {
  return {
    case_id: row.caseId,
    stage: row.stage,
    submitted_at: row.submittedAt,
    changed_at: row.changedAt,
    due_at: row.dueAt,
    time_left: row.timeLeft,
    claimed_by: row.claimedBy,
    claimed_until: row.claimedUntil,
    profile: row.profile,
    search_text: row.searchText,
  };
}
