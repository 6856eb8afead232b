/** Quarterly reviews of who may do what, and what was decided of each account. */
import type { Database } from './database.ts';

export type AccessDecision = 'keep' | 'withdraw';

export interface AccessReview {
  /** `2026-Q4`. */
  readonly id: string;
  readonly openedAt: number;
  readonly dueAt: number;
  readonly signedBy: string | null;
  readonly signedAt: number | null;
  /** JSON: the accounts and decisions as they were signed off. */
  readonly record: string | null;
  /** SHA-256 of the record, hex. */
  readonly hash: string | null;
}

interface ReviewRow {
  id: string;
  opened_at: number;
  due_at: number;
  signed_by: string | null;
  signed_at: number | null;
  record: string | null;
  hash: string | null;
}

export interface DecidedAccount {
  /** `person …`, `member …` or `token …`: see reviews/access-lines.ts. */
  readonly account: string;
  readonly decision: AccessDecision;
  readonly decidedBy: string;
  readonly decidedAt: number;
}

interface DecisionRow {
  review_id: string;
  account: string;
  decision: AccessDecision;
  decided_by: string;
  decided_at: number;
}

/** Opens it where it is not open yet. */
export async function openReview(
  database: Database,
  review: Pick<AccessReview, 'id' | 'openedAt' | 'dueAt'>,
): Promise<void> {
  const row = { id: review.id, opened_at: review.openedAt, due_at: review.dueAt };
  await database<ReviewRow>('access_reviews').insert(row).onConflict('id').ignore();
}

/** Newest first. */
export async function accessReviews(database: Database, limit: number): Promise<readonly AccessReview[]> {
  const rows = await database<ReviewRow>('access_reviews').orderBy('opened_at', 'desc').limit(limit);
  return rows.map(reviewOf);
}

/** What is past its day and signed off by nobody, and not made good by a later one that is; oldest first. */
export async function overdueReviews(database: Database, now: number): Promise<readonly AccessReview[]> {
  const made = database('access_reviews').whereNotNull('signed_at').max('opened_at');
  const rows = await database<ReviewRow>('access_reviews')
    .whereNull('signed_at')
    .where('due_at', '<=', now)
    .whereRaw('opened_at > coalesce((?), 0)', [made])
    .orderBy('due_at');
  return rows.map(reviewOf);
}

export async function decisionsOf(database: Database, reviewId: string): Promise<readonly DecidedAccount[]> {
  const rows = await database<DecisionRow>('access_decisions').where('review_id', reviewId).orderBy('account');
  return rows.map(row => ({
    account: row.account,
    decision: row.decision,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
  }));
}

export async function keepDecision(database: Database, reviewId: string, one: DecidedAccount): Promise<void> {
  await database<DecisionRow>('access_decisions')
    .insert({
      review_id: reviewId,
      account: one.account,
      decision: one.decision,
      decided_by: one.decidedBy,
      decided_at: one.decidedAt,
    })
    .onConflict(['review_id', 'account'])
    .merge();
}

/** False where somebody else signed it off first. */
export async function signReview(
  database: Database,
  reviewId: string,
  signed: { readonly by: string; readonly at: number; readonly record: string; readonly hash: string },
): Promise<boolean> {
  const open = database<ReviewRow>('access_reviews').where({ id: reviewId, signed_at: null });
  const { by: signed_by, at: signed_at, record, hash } = signed;
  return (await open.update({ signed_by, signed_at, record, hash })) === 1;
}

const reviewOf = (row: ReviewRow): AccessReview => ({
  id: row.id,
  openedAt: row.opened_at,
  dueAt: row.due_at,
  signedBy: row.signed_by,
  signedAt: row.signed_at,
  record: row.record,
  hash: row.hash,
});

/** When each account last signed in, by `kind subject`; Unix seconds. */
export async function lastSignIns(database: Database): Promise<ReadonlyMap<string, number>> {
  const rows: readonly { kind: string; subject: string; at: number }[] = await database('portal_sessions')
    .whereIn('kind', ['officer', 'person'])
    .groupBy('kind', 'subject')
    .select('kind', 'subject')
    .max({ at: 'created_at' });
  return new Map(rows.map(({ kind, subject, at }) => [`${kind} ${subject}`, at]));
}
