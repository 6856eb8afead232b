/** Which subscribers were told that a certificate ends, and which organisations' desks. */
import type { Database } from './database.ts';

export interface EndingCertificate {
  readonly serialNumber: string;
  readonly caseId: string;
  /** Corporate Number. */
  readonly organisation: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

interface EndingRow {
  readonly serial_number: string;
  readonly case_id: string;
  readonly corporate_number: string;
  readonly not_before: number;
  readonly not_after: number;
}

export interface NoticeDue {
  readonly days: number;
  readonly now: number;
  readonly limit: number;
}

/**
 * Certificates of people that end within so many days, soonest first, of which no such notice was made yet. Without
 * those that are revoked or on hold, and those whose holder has a later one of the same kind.
 */
export async function noticesDue(database: Database, { days, now, limit }: NoticeDue): Promise<EndingCertificate[]> {
  const rows = await endingCertificates(database, { from: now, until: now + days * 86_400 })
    .whereNotExists(
      database('expiry_notices as n')
        .whereRaw('n.serial_number = c.serial_number')
        .where('n.days', days)
        .select('n.days'),
    )
    .limit(limit);
  return rows.map(endingOf);
}

/** Those of one organisation, soonest first. */
export async function endingOfOrganisation(
  database: Database,
  { organisation, from, until, limit }: { organisation: string; from: number; until: number; limit: number },
): Promise<EndingCertificate[]> {
  const rows = await endingCertificates(database, { from, until })
    .where('a.corporate_number', organisation)
    .limit(limit);
  return rows.map(endingOf);
}

function endingCertificates(database: Database, { from, until }: { from: number; until: number }) {
  return database('certificates as c')
    .join('applications as a', 'a.case_id', 'c.case_id')
    .where('c.not_after', '>', from)
    .where('c.not_after', '<=', until)
    .whereNotExists(revoked(database, 'c'))
    .whereNotExists(laterCertificate(database))
    .orderBy([{ column: 'c.not_after' }, { column: 'c.serial_number' }])
    .select<EndingRow[]>('c.serial_number', 'c.case_id', 'a.corporate_number', 'c.not_before', 'c.not_after');
}

/** The newest word on it is that it is revoked, or on hold. */
function revoked(database: Database, certificate: 'c' | 'l') {
  return database('status_changes as s')
    .whereRaw('s.issuer = ??.issuer and s.serial_number = ??.serial_number', [certificate, certificate])
    .where('s.change', 'revoked')
    .whereNotExists(
      database('status_changes as r')
        .whereRaw('r.issuer = s.issuer and r.serial_number = s.serial_number and r.seq > s.seq')
        .where('r.change', 'released')
        .select('r.seq'),
    )
    .select('s.seq');
}

/** Of the same person, organisation and kind, or applied for as its renewal; and good. */
function laterCertificate(database: Database) {
  const isSamePerson = 'b.kanji_name = a.kanji_name and b.corporate_number = a.corporate_number';
  return database('applications as b')
    .join('certificates as l', 'l.case_id', 'b.case_id')
    .leftJoin('renewals as w', 'w.case_id', 'b.case_id')
    .whereRaw(`((b.mailbox = a.mailbox and b.profile = a.profile and ${isSamePerson}) or w.renews = a.case_id)`)
    .whereRaw('l.not_after > c.not_after')
    .whereNotExists(revoked(database, 'l'))
    .select('b.case_id');
}

const endingOf = (row: EndingRow): EndingCertificate => ({
  serialNumber: row.serial_number,
  caseId: row.case_id,
  organisation: row.corporate_number,
  notBefore: row.not_before,
  notAfter: row.not_after,
});

/** False where it was noted before: by this portal, or by another at the same time. `postedAt` null: not written any more. */
export async function noteNotice(
  database: Database,
  { serialNumber, caseId, organisation, notAfter }: EndingCertificate,
  { days, postedAt }: { readonly days: number; readonly postedAt: number | null },
): Promise<boolean> {
  const noted: readonly unknown[] = await database('expiry_notices')
    .insert({
      serial_number: serialNumber,
      days,
      case_id: caseId,
      organisation,
      not_after: notAfter,
      posted_at: postedAt,
    })
    .onConflict(['serial_number', 'days'])
    .ignore()
    .returning('days');
  return noted.length === 1;
}

/** Organisations with notices that their desk was not told of, and was not told of anything since. */
export async function organisationsUntold(database: Database, since: number): Promise<readonly string[]> {
  return (await database('expiry_notices as n')
    .whereNotNull('n.posted_at')
    .whereNull('n.digested_at')
    .whereNotExists(
      database('expiry_notices as t')
        .whereRaw('t.organisation = n.organisation')
        .where('t.digested_at', '>=', since)
        .select('t.days'),
    )
    .distinct()
    .pluck('n.organisation')) as string[];
}

export interface ToldNotice {
  readonly caseId: string;
  readonly notAfter: number;
  readonly days: number;
}

/** Inside a step: each notice comes back once, whoever asks. Soonest end first. */
export async function takeUntold(database: Database, organisation: string, at: number): Promise<readonly ToldNotice[]> {
  const rows: readonly { case_id: string; not_after: number; days: number }[] = await database('expiry_notices')
    .where({ organisation })
    .whereNotNull('posted_at')
    .whereNull('digested_at')
    .update({ digested_at: at })
    .returning(['case_id', 'not_after', 'days']);
  return rows
    .map(row => ({ caseId: row.case_id, notAfter: row.not_after, days: row.days }))
    .sort((one, other) => one.notAfter - other.notAfter);
}
