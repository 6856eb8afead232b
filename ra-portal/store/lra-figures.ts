/** What an organisation's desk did in a time, counted for its yearly report. Times are Unix seconds, `until` is not in it. */
import type { Knex } from 'knex';
import type { EvidenceRecord } from '../../ca-core/index.ts';
import type { RowContent } from './bulk-rows.ts';
import type { Database } from './database.ts';

export interface Period {
  /** Corporate Number. */
  readonly organisation: string;
  readonly from: number;
  readonly until: number;
}

/** By profile. */
export interface CertificateFigures {
  readonly profile: string;
  readonly issued: number;
  readonly revoked: number;
  readonly expired: number;
  /** Neither revoked, on hold nor at its end when the time was over. */
  readonly good: number;
}

export async function certificateFigures(database: Database, period: Period): Promise<readonly CertificateFigures[]> {
  const { from, until } = period;
  const [issued, revoked, expired, good] = await Promise.all([
    perProfile(certificatesOf(database, period).where('c.created_at', '>=', from).where('c.created_at', '<', until)),
    perProfile(revokedIn(database, period)),
    perProfile(certificatesOf(database, period).where('c.not_after', '>=', from).where('c.not_after', '<', until)),
    perProfile(
      certificatesOf(database, period)
        .where('c.created_at', '<', until)
        .where('c.not_after', '>=', until)
        .whereNotExists(revokedAt(database, until)),
    ),
  ]);
  const profiles = [...new Set([issued, revoked, expired, good].flatMap(counts => [...counts.keys()]))].sort();
  const of = (counts: ReadonlyMap<string, number>, profile: string): number => counts.get(profile) ?? 0;
  return profiles.map(profile => ({
    profile,
    issued: of(issued, profile),
    revoked: of(revoked, profile),
    expired: of(expired, profile),
    good: of(good, profile),
  }));
}

function certificatesOf(database: Database, { organisation }: Period) {
  return database('certificates as c')
    .join('applications as a', 'a.case_id', 'c.case_id')
    .where('a.corporate_number', organisation);
}

/** For good: what was only on hold is not counted. */
function revokedIn(database: Database, period: Period) {
  return certificatesOf(database, period).whereExists(
    database('status_changes as s')
      .whereRaw('s.issuer = c.issuer and s.serial_number = c.serial_number')
      .where('s.change', 'revoked')
      .whereNot('s.reason', 'certificateHold')
      .where('s.created_at', '>=', period.from)
      .where('s.created_at', '<', period.until)
      .select('s.seq'),
  );
}

function revokedAt(database: Database, at: number) {
  return database('status_changes as s')
    .whereRaw('s.issuer = c.issuer and s.serial_number = c.serial_number')
    .where('s.change', 'revoked')
    .where('s.created_at', '<', at)
    .whereNotExists(
      database('status_changes as r')
        .whereRaw('r.issuer = s.issuer and r.serial_number = s.serial_number and r.seq > s.seq')
        .where('r.change', 'released')
        .where('r.created_at', '<', at)
        .select('r.seq'),
    )
    .select('s.seq');
}

async function perProfile(query: ReturnType<typeof certificatesOf>): Promise<ReadonlyMap<string, number>> {
  const rows = await query.groupBy('c.profile').select('c.profile').count<{ profile: string; n: number }[]>('* as n');
  return new Map(rows.map(({ profile, n }) => [profile, n]));
}

/** One way in which identity was seen, by whom, and how often. */
export interface MethodFigure {
  readonly method: string;
  readonly by: 'officer' | 'lra';
  readonly count: number;
}

/** Evidence that officers recorded, and what the desk noted: one by one, and in the rows of its jobs. */
export async function methodFigures(database: Database, period: Period): Promise<readonly MethodFigure[]> {
  const counts = new Map<string, number>();
  const add = (by: MethodFigure['by'], method: string, count = 1): Map<string, number> =>
    counts.set(`${by} ${method}`, (counts.get(`${by} ${method}`) ?? 0) + count);
  for (const record of await recordsIn(database, period)) add('officer', record.method);
  for (const { method, n } of await notedByDesk(database, period)) add('lra', method, n);
  for (const { seen } of await rowsIn(database, period)) for (const { method } of seen) add('lra', method);
  return [...counts].sort().map(([key, count]) => {
    const [by = '', method = ''] = key.split(' ');
    return { method, by: by === 'lra' ? 'lra' : 'officer', count };
  });
}

async function recordsIn(
  database: Database,
  { organisation, from, until }: Period,
): Promise<readonly EvidenceRecord[]> {
  const rows = (await database('case_evidence as e')
    .join('applications as a', 'a.case_id', 'e.case_id')
    .where('a.corporate_number', organisation)
    .whereNull('e.withdrawn_at')
    .where('e.created_at', '>=', from)
    .where('e.created_at', '<', until)
    .pluck('e.record')) as string[];
  return rows.map(record => JSON.parse(record) as EvidenceRecord);
}

async function notedByDesk(
  database: Database,
  { organisation, from, until }: Period,
): Promise<readonly { method: string; n: number }[]> {
  return database('member_applications as m')
    .join('applications as a', 'a.case_id', 'm.case_id')
    .where('a.corporate_number', organisation)
    .where('m.noted_at', '>=', from)
    .where('m.noted_at', '<', until)
    .groupBy('m.identity_method')
    .select({ method: 'm.identity_method' })
    .count<{ method: string; n: number }[]>('* as n');
}

async function rowsIn(database: Database, { organisation, from, until }: Period): Promise<readonly RowContent[]> {
  const rows = (await database('bulk_rows as r')
    .join('bulk_jobs as j', 'j.id', 'r.job_id')
    .where('j.organisation', organisation)
    .where('r.issued_at', '>=', from)
    .where('r.issued_at', '<', until)
    .pluck('r.content')) as string[];
  return rows.map(content => JSON.parse(content) as RowContent);
}

/** A case whose papers are to be looked at, without names. */
export interface EvidenceSample {
  readonly caseId: string;
  readonly profile: string;
  readonly issuedAt: number;
  readonly seen: readonly { readonly document: string; readonly method: string; readonly seenAt: number }[];
  readonly documents: number;
}

/** Every nth of the cases issued in the time, in the order of their random numbers: the same whenever it is asked. */
export async function evidenceSamples(
  database: Database,
  period: Period,
  most: number,
): Promise<readonly EvidenceSample[]> {
  const issued = await certificatesOf(database, period)
    .where('c.created_at', '>=', period.from)
    .where('c.created_at', '<', period.until)
    .orderBy('c.serial_number')
    .limit(most)
    .select<{ case_id: string; profile: string; created_at: number }[]>('c.case_id', 'c.profile', 'c.created_at');
  return Promise.all(issued.map(async row => ({ ...(await papersOf(database, row.case_id)), ...sampleOf(row) })));
}

const sampleOf = (row: { case_id: string; profile: string; created_at: number }) => ({
  caseId: row.case_id,
  profile: row.profile,
  issuedAt: row.created_at,
});

async function papersOf(database: Database, caseId: string): Promise<Pick<EvidenceSample, 'seen' | 'documents'>> {
  const records = (await database('case_evidence')
    .where('case_id', caseId)
    .whereNull('withdrawn_at')
    .pluck('record')) as string[];
  const contents = (await database('bulk_rows').where('case_id', caseId).pluck('content')) as string[];
  const documents = (await database('uploads').where('owner', caseId).pluck('id')).length;
  const ofOfficers = records.map(record => JSON.parse(record) as EvidenceRecord);
  const ofDesk = contents.flatMap(content => (JSON.parse(content) as RowContent).seen);
  const seen = [...ofOfficers, ...ofDesk].map(({ document, method, seenAt }) => ({ document, method, seenAt }));
  return { seen, documents };
}

export interface OpenMatters {
  /** Applications that wait for officers, for their applicant or for their certificate. */
  readonly applications: number;
  readonly returned: number;
  /** Applied for by the desk and not taken over by the member. */
  readonly notTakenOver: number;
  readonly jobs: number;
  readonly reports: number;
}

/** As they stand now. */
export async function openMatters(database: Database, { organisation }: Period): Promise<OpenMatters> {
  const ofOrganisation = () => database('applications as a').where('a.corporate_number', organisation);
  const counted = async (query: Knex.QueryBuilder): Promise<number> =>
    (await query.count<{ n: number }[]>('* as n'))[0]?.n ?? 0;
  return {
    applications: await counted(ofOrganisation().whereIn('a.state', ['submitted', 'inReview', 'approved'])),
    returned: await counted(ofOrganisation().where('a.state', 'returned')),
    notTakenOver: await counted(
      ofOrganisation()
        .join('member_applications as m', 'm.case_id', 'a.case_id')
        .whereNull('m.taken_over_at')
        .whereIn('a.state', ['submitted', 'inReview']),
    ),
    jobs: await counted(database('bulk_jobs as a').where('a.organisation', organisation).whereNull('a.finished_at')),
    reports: await counted(
      ofOrganisation().join('problem_reports as p', 'p.case_id', 'a.case_id').whereNull('p.closed_at'),
    ),
  };
}

/** Corporate Numbers of organisations that have a desk, or had certificates made before the time was over. */
export async function organisationsWithDesk(
  database: Database,
): Promise<readonly { readonly organisation: string; readonly since: number }[]> {
  const rows: readonly { organisation: string; since: number }[] = await database('people')
    .whereNotNull('organisation')
    .groupBy('organisation')
    .orderBy('organisation')
    .select('organisation')
    .min({ since: 'created_at' });
  return rows;
}
