/** Yearly reports as an organisation's desk signed them off, and what was written to remind of reviews. */
import type { Database } from './database.ts';

export interface SignedReport {
  /** JSON, as it was signed off. */
  readonly figures: string;
  /** SHA-256 of it, hex. */
  readonly hash: string;
  readonly remark: string;
  /** Id of the LRA in people. */
  readonly signedBy: string;
  readonly signedAt: number;
}

interface ReportRow {
  organisation: string;
  year: number;
  figures: string;
  hash: string;
  remark: string;
  signed_by: string;
  signed_at: number;
}

export interface ReportOf {
  readonly organisation: string;
  readonly year: number;
}

export async function signedReport(database: Database, about: ReportOf): Promise<SignedReport | null> {
  const { organisation, year } = about;
  const row = await database<ReportRow>('lra_reports').where({ organisation, year }).first();
  if (row === undefined) return null;
  const { figures, hash, remark, signed_by: signedBy, signed_at: signedAt } = row;
  return { figures, hash, remark, signedBy, signedAt };
}

/** False where it was signed off before: by this desk, or another member of it at the same time. */
export async function addSignedReport(database: Database, about: ReportOf, report: SignedReport): Promise<boolean> {
  const { signedBy: signed_by, signedAt: signed_at, ...rest } = report;
  const { organisation, year } = about;
  const added: readonly unknown[] = await database<ReportRow>('lra_reports')
    .insert({ organisation, year, ...rest, signed_by, signed_at })
    .onConflict(['organisation', 'year'])
    .ignore()
    .returning('year');
  return added.length === 1;
}

/** False where it was noted before: the letter about it is posted once. */
export async function noteReminder(
  database: Database,
  { about, number, at }: { readonly about: string; readonly number: number; readonly at: number },
): Promise<boolean> {
  const noted: readonly unknown[] = await database('review_reminders')
    .insert({ about, number, posted_at: at })
    .onConflict(['about', 'number'])
    .ignore()
    .returning('number');
  return noted.length === 1;
}
