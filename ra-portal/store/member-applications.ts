/** Applications that an organisation's desk wrote for its staff, and how identity was seen there. */
import type { Database } from './database.ts';

export interface MemberApplication {
  readonly caseId: string;
  /** Id of the LRA in people. */
  readonly appliedBy: string;
  /** Id of policies/identity.yaml. */
  readonly identityMethod: string;
  /** Unix seconds: the day on which the LRA saw who it is, and when that was noted. */
  readonly identitySeenAt: number;
  readonly notedAt: number;
  /** Unix seconds; null while the member has not proved the mailbox and drawn the secret. */
  readonly takenOverAt: number | null;
}

interface MemberRow {
  case_id: string;
  applied_by: string;
  identity_method: string;
  identity_seen_at: number;
  noted_at: number;
  hand_over_code: string | null;
  taken_over_at: number | null;
}

const table = 'member_applications';

export async function addMemberApplication(
  database: Database,
  application: Omit<MemberApplication, 'takenOverAt'>,
  handOverCode: string,
): Promise<void> {
  await database<MemberRow>(table).insert({
    case_id: application.caseId,
    applied_by: application.appliedBy,
    identity_method: application.identityMethod,
    identity_seen_at: application.identitySeenAt,
    noted_at: application.notedAt,
    hand_over_code: handOverCode,
    taken_over_at: null,
  });
}

/** Null for an application that its applicant wrote. */
export async function memberApplicationOf(database: Database, caseId: string): Promise<MemberApplication | null> {
  const row = await database<MemberRow>(table).where('case_id', caseId).first();
  if (row === undefined) return null;
  return {
    caseId,
    appliedBy: row.applied_by,
    identityMethod: row.identity_method,
    identitySeenAt: row.identity_seen_at,
    notedAt: row.noted_at,
    takenOverAt: row.taken_over_at,
  };
}

/** The stored scrypt hash; null where nobody is waited for. */
export async function handOverCodeOf(database: Database, caseId: string): Promise<string | null> {
  const row = await database<MemberRow>(table).where('case_id', caseId).first('hand_over_code');
  return row?.hand_over_code ?? null;
}

/** The member is waited for, again: a code before counts no more. */
export async function keepHandOverCode(database: Database, caseId: string, code: string): Promise<void> {
  await database<MemberRow>(table).where('case_id', caseId).update({ hand_over_code: code, taken_over_at: null });
}

export async function noteTakenOver(database: Database, caseId: string, at: number): Promise<void> {
  await database<MemberRow>(table).where('case_id', caseId).update({ hand_over_code: null, taken_over_at: at });
}
