/** What one organisation's desk sees in lists: its applications and its certificates, a page at a time. */
import type { RevocationReason } from '../../ca-core/index.ts';
import type { ApplicationState } from '../applications/application.ts';
import type { Database } from './database.ts';

/** Corporate Number, and at most how many rows. */
export interface OrganisationQuestion {
  readonly organisation: string;
  /** Compared with numbers and names; empty for all. */
  readonly text: string;
  readonly limit: number;
}

export interface ApplicationLine {
  readonly caseId: string;
  readonly state: ApplicationState;
  readonly profile: string;
  readonly kanjiName: string;
  readonly kanaName: string;
  readonly romanName: string;
  readonly mailbox: string;
  readonly submittedAt: number;
  readonly changedAt: number;
}

export interface ApplicationsQuestion extends OrganisationQuestion {
  readonly state: ApplicationState | null;
  /** The last line of the page before. */
  readonly after: Pick<ApplicationLine, 'submittedAt' | 'caseId'> | null;
}

/** Newest first. */
export async function applicationLines(
  database: Database,
  { organisation, text, limit, state, after }: ApplicationsQuestion,
): Promise<readonly ApplicationLine[]> {
  const query = database('applications as a')
    .where('a.corporate_number', organisation)
    .orderBy('a.submitted_at', 'desc')
    .orderBy('a.case_id', 'desc')
    .limit(limit);
  if (state !== null) void query.where('a.state', state);
  if (after !== null) {
    void query.whereRaw('(a.submitted_at < ? or (a.submitted_at = ? and a.case_id < ?))', [
      ...[after.submittedAt, after.submittedAt, after.caseId],
    ]);
  }
  if (text !== '') void query.whereRaw(...like(text, ['a.case_id', ...nameColumns]));
  return query.select<ApplicationLine[]>({
    ...who,
    state: 'a.state',
    submittedAt: 'a.submitted_at',
    changedAt: 'a.changed_at',
  });
}

export type CertificateStanding = 'good' | 'onHold' | 'revoked' | 'expired';

export interface CertificateLine {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly caseId: string;
  readonly profile: string;
  readonly kanjiName: string;
  readonly kanaName: string;
  readonly romanName: string;
  readonly mailbox: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly standing: CertificateStanding;
  readonly reason: RevocationReason | null;
  readonly revokedAt: number | null;
}

export interface CertificatesQuestion extends OrganisationQuestion {
  readonly standing: CertificateStanding | null;
  readonly now: number;
  readonly after: Pick<CertificateLine, 'notBefore' | 'serialNumber'> | null;
  /** This one alone. */
  readonly serialNumber?: string;
}

/** Newest first. */
export async function certificateLines(
  database: Database,
  { organisation, text, limit, standing, now, after, serialNumber }: CertificatesQuestion,
): Promise<readonly CertificateLine[]> {
  const query = database('certificates as c')
    .join('applications as a', 'a.case_id', 'c.case_id')
    .leftJoin('status_changes as s', join => join.on('s.seq', '=', database.raw(`(${newestChange})`)))
    .where('a.corporate_number', organisation)
    .orderBy('c.not_before', 'desc')
    .orderBy('c.serial_number', 'desc')
    .limit(limit);
  if (serialNumber !== undefined) void query.where('c.serial_number', serialNumber);
  if (standing !== null) void query.whereRaw(`(${standingNow}) = ?`, [now, standing]);
  if (after !== null) {
    void query.whereRaw('(c.not_before < ? or (c.not_before = ? and c.serial_number < ?))', [
      ...[after.notBefore, after.notBefore, after.serialNumber],
    ]);
  }
  if (text !== '') void query.whereRaw(...like(text, ['a.case_id', 'c.serial_number', ...nameColumns]));
  const found = await query
    .select({ ...who, issuer: 'c.issuer', serialNumber: 'c.serial_number', notBefore: 'c.not_before' })
    .select({ notAfter: 'c.not_after', reason: 's.reason', revokedAt: 's.revoked_at' })
    .select(database.raw(`${standingNow} as standing`, [now]));
  return (found as CertificateLine[]).map(line => ({
    ...line,
    ...(isRevoked(line) ? {} : { reason: null, revokedAt: null }),
  }));
}

const isRevoked = ({ standing }: CertificateLine): boolean => standing === 'revoked' || standing === 'onHold';

const newestChange =
  'select max(n.seq) from status_changes n where n.issuer = c.issuer and n.serial_number = c.serial_number';

/** Takes `now`. */
const standingNow = `case when s.change = 'revoked' and s.reason = 'certificateHold' then 'onHold'
  when s.change = 'revoked' then 'revoked' when c.not_after < ? then 'expired' else 'good' end`;

const who = {
  caseId: 'a.case_id',
  profile: 'a.profile',
  kanjiName: 'a.kanji_name',
  kanaName: 'a.kana_name',
  romanName: 'a.roman_name',
  mailbox: 'a.mailbox',
} as const;
const nameColumns = ['a.kanji_name', 'a.kana_name', 'a.roman_name', 'a.mailbox'] as const;

function like(text: string, columns: readonly string[]): [string, string[]] {
  const pattern = `%${text.replace(/[\\%_]/g, found => `\\${found}`)}%`;
  const some = columns.map(column => `lower(${column}) like lower(?) escape '\\'`).join(' or ');
  return [`(${some})`, columns.map(() => pattern)];
}
