import { openStore, type Claim, type SubjectKey } from '../../ca-core/index.ts';
import type { ApplicationState, CertificateApplication } from '../applications/application.ts';
import type { Language } from '../words/language.ts';
import type { Database } from './database.ts';

interface ApplicationRow {
  case_id: string;
  submission_id: string;
  state: ApplicationState;
  language: Language;
  profile: string;
  kanji_name: string;
  kana_name: string;
  roman_name: string;
  corporate_number: string;
  organisation_name: string;
  mailbox: string;
  role_name: string | null;
  licence: string | null;
  typed: string | null;
  key_from: string;
  subject_key: string;
  access_code: string;
  mailbox_code: string | null;
  mailbox_code_expires_at: number | null;
  mailbox_proved_at: number | null;
  decision_reason: string | null;
  decision_note: string | null;
  document_digest: string | null;
  submitted_at: number;
  changed_at: number;
  /** 0 until the officers' desk has seen the newest change (store/desk.ts). */
  followed: 0 | 1;
}

const table = 'applications';

export async function addApplication(
  database: Database,
  application: CertificateApplication,
  { submissionId, accessCode }: { submissionId: string; accessCode: string },
): Promise<void> {
  await database<ApplicationRow>(table).insert({
    ...rowOf(application),
    submission_id: submissionId,
    access_code: accessCode,
  });
}

export async function findApplication(database: Database, caseId: string): Promise<CertificateApplication | null> {
  const row = await database<ApplicationRow>(table).where('case_id', caseId).first();
  return row === undefined ? null : applicationOf(row);
}

export async function submittedBefore(database: Database, submissionId: string): Promise<boolean> {
  return (await database<ApplicationRow>(table).where('submission_id', submissionId).first('case_id')) !== undefined;
}

/** The stored scrypt hash of the access code. */
export async function accessCodeOf(database: Database, caseId: string): Promise<string | null> {
  const row = await database<ApplicationRow>(table).where('case_id', caseId).first('access_code');
  return row?.access_code ?? null;
}

/** `hash` as codes.ts makes it; the code before counts no more. */
export async function keepAccessCode(database: Database, caseId: string, hash: string): Promise<void> {
  await database<ApplicationRow>(table).where('case_id', caseId).update({ access_code: hash });
}

export async function mailboxCodeOf(
  database: Database,
  caseId: string,
): Promise<{ hash: string; expiresAt: number } | null> {
  const row = await database<ApplicationRow>(table)
    .where('case_id', caseId)
    .first('mailbox_code', 'mailbox_code_expires_at');
  if (row === undefined || row.mailbox_code === null || row.mailbox_code_expires_at === null) return null;
  return { hash: row.mailbox_code, expiresAt: row.mailbox_code_expires_at };
}

export async function keepMailboxCode(
  database: Database,
  caseId: string,
  code: { hash: string; expiresAt: number },
): Promise<void> {
  await database<ApplicationRow>(table)
    .where('case_id', caseId)
    .update({ mailbox_code: code.hash, mailbox_code_expires_at: code.expiresAt });
}

export async function noteMailboxProved(database: Database, caseId: string, at: number): Promise<void> {
  await database<ApplicationRow>(table)
    .where('case_id', caseId)
    .update({ mailbox_proved_at: at, mailbox_code: null, mailbox_code_expires_at: null, changed_at: at, followed: 0 });
}

/** Writes everything of an application but its codes. A document that stands for it no longer is voided with it. */
export async function keepApplication(database: Database, application: CertificateApplication): Promise<void> {
  const before = await database<ApplicationRow>(table).where('case_id', application.caseId).first('document_digest');
  const digest = before?.document_digest ?? null;
  if (digest !== null && digest !== application.documentDigest) {
    await openStore(database).documents.void(digest, application.changedAt);
  }
  await database<ApplicationRow>(table).where('case_id', application.caseId).update(rowOf(application));
}

/** Newest first; `text` is compared with reception number and names, state and Corporate Number exactly. */
export async function applicationsLike(
  database: Database,
  search: { text: string; state: ApplicationState | null; limit: number; organisation?: string },
): Promise<CertificateApplication[]> {
  const query = database<ApplicationRow>(table).orderBy('submitted_at', 'desc').limit(search.limit);
  if (search.state !== null) void query.where('state', search.state);
  if (search.organisation !== undefined) void query.where('corporate_number', search.organisation);
  if (search.text !== '') {
    const pattern = `%${search.text.replace(/[\\%_]/g, found => `\\${found}`)}%`;
    void query.where(matching => {
      for (const column of ['case_id', 'kanji_name', 'kana_name', 'roman_name', 'organisation_name']) {
        void matching.orWhereRaw("lower(??) LIKE lower(?) ESCAPE '\\'", [column, pattern]);
      }
    });
  }
  return (await query).map(applicationOf);
}

/** Cases that the CA core has an order for and that have not reached their end; rows of jobs are followed with their job. */
export async function applicationsOrdered(database: Database, limit: number): Promise<CertificateApplication[]> {
  const rows = await database<ApplicationRow>(table)
    .whereIn('state', ['inReview', 'approved'])
    .whereIn('case_id', database('issuance_orders').select('case_id'))
    .whereNotExists(database('bulk_rows').select('case_id').whereRaw('bulk_rows.case_id = applications.case_id'))
    .orderBy('changed_at', 'desc')
    .limit(limit);
  return rows.map(applicationOf);
}

/** A row of the table, but for its codes. */
export function rowOf(application: CertificateApplication): Omit<ApplicationRow, CodeColumns> {
  return {
    case_id: application.caseId,
    state: application.state,
    language: application.language,
    profile: application.profile,
    kanji_name: application.claim.kanjiName,
    kana_name: application.claim.kanaName,
    roman_name: application.claim.romanName,
    corporate_number: application.claim.corporateNumber,
    organisation_name: application.claim.organisationName,
    mailbox: application.claim.mailbox,
    role_name: application.claim.roleName ?? null,
    licence: application.claim.licence ?? null,
    typed: JSON.stringify(application.typed),
    key_from: application.subjectKey.from,
    subject_key: JSON.stringify(application.subjectKey),
    mailbox_proved_at: application.mailboxProvedAt,
    decision_reason: application.decision?.reason ?? null,
    decision_note: application.decision?.note ?? null,
    document_digest: application.documentDigest,
    submitted_at: application.submittedAt,
    changed_at: application.changedAt,
    followed: 0,
  };
}

type CodeColumns = 'submission_id' | 'access_code' | 'mailbox_code' | 'mailbox_code_expires_at';

function applicationOf(row: ApplicationRow): CertificateApplication {
  const claim: Claim = {
    kanjiName: row.kanji_name,
    kanaName: row.kana_name,
    romanName: row.roman_name,
    corporateNumber: row.corporate_number,
    organisationName: row.organisation_name,
    mailbox: row.mailbox,
    ...(row.role_name === null ? {} : { roleName: row.role_name }),
    ...(row.licence === null ? {} : { licence: row.licence }),
  };
  return {
    caseId: row.case_id,
    state: row.state,
    language: row.language,
    profile: row.profile,
    claim,
    subjectKey: JSON.parse(row.subject_key) as SubjectKey,
    typed: JSON.parse(row.typed ?? '{}') as Record<string, string>,
    mailboxProvedAt: row.mailbox_proved_at,
    decision: row.decision_reason === null ? null : { reason: row.decision_reason, note: row.decision_note ?? '' },
    documentDigest: row.document_digest,
    submittedAt: row.submitted_at,
    changedAt: row.changed_at,
  };
}
