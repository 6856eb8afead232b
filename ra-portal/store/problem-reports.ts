/** What people say is wrong with a certificate. It revokes nothing by itself: officers look at it. */
import type { Language } from '../words/language.ts';
import type { Database } from './database.ts';

/** `problem` from anybody · `release` asks to end a hold · `notMine` says that somebody else picked the key up. */
export type ReportKind = 'problem' | 'release' | 'notMine';

export interface ProblemReport {
  /** Receipt number. */
  readonly id: string;
  readonly kind: ReportKind;
  readonly serialNumber: string | null;
  readonly caseId: string | null;
  readonly words: string;
  /** Empty for those who want no answer. */
  readonly contact: string;
  readonly language: Language;
  readonly createdAt: number;
  /** Null while officers still have to look. */
  readonly closed: {
    readonly at: number;
    readonly by: string;
    readonly outcome: string;
    readonly answer: string;
  } | null;
}

interface ReportRow {
  id: string;
  kind: ReportKind;
  serial_number: string | null;
  case_id: string | null;
  words: string;
  contact: string;
  language: Language;
  created_at: number;
  closed_at: number | null;
  closed_by: string | null;
  outcome: string | null;
  answer: string | null;
}

const table = 'problem_reports';

export async function addReport(database: Database, report: Omit<ProblemReport, 'closed'>): Promise<void> {
  await database<ReportRow>(table).insert({
    id: report.id,
    kind: report.kind,
    serial_number: report.serialNumber,
    case_id: report.caseId,
    words: report.words,
    contact: report.contact,
    language: report.language,
    created_at: report.createdAt,
  });
}

export async function findReport(database: Database, id: string): Promise<ProblemReport | null> {
  const row = await database<ReportRow>(table).where({ id }).first();
  return row === undefined ? null : reportOf(row);
}

/** Open ones first, the oldest on top; then what was closed last. */
export async function listReports(database: Database, limit: number): Promise<readonly ProblemReport[]> {
  const open = await database<ReportRow>(table).whereNull('closed_at').orderBy('created_at').limit(limit);
  const closed = await database<ReportRow>(table).whereNotNull('closed_at').orderBy('closed_at', 'desc').limit(limit);
  return [...open, ...closed].slice(0, limit).map(reportOf);
}

/** Whether somebody asked already to end the hold of this case's certificate. */
export async function openReportOf(
  database: Database,
  caseId: string,
  kind: ReportKind,
): Promise<ProblemReport | null> {
  const row = await database<ReportRow>(table).where({ case_id: caseId, kind, closed_at: null }).first();
  return row === undefined ? null : reportOf(row);
}

/** How many were closed: 0 when somebody else did so first. */
export async function closeReport(
  database: Database,
  id: string,
  closed: NonNullable<ProblemReport['closed']>,
): Promise<number> {
  return database<ReportRow>(table)
    .where({ id })
    .whereNull('closed_at')
    .update({ closed_at: closed.at, closed_by: closed.by, outcome: closed.outcome, answer: closed.answer });
}

function reportOf(row: ReportRow): ProblemReport {
  const { closed_at: at, closed_by: by, outcome, answer } = row;
  return {
    id: row.id,
    kind: row.kind,
    serialNumber: row.serial_number,
    caseId: row.case_id,
    words: row.words,
    contact: row.contact,
    language: row.language,
    createdAt: row.created_at,
    closed: at === null ? null : { at, by: by ?? '', outcome: outcome ?? '', answer: answer ?? '' },
  };
}
