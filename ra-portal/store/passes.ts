import type { PassState } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

/** One certificate on one card. */
export interface PassRecord {
  readonly id: string;
  readonly idm: string;
  readonly caseId: string;
  readonly state: PassState;
  /** Sealed, base64; null once destroyed. */
  readonly share: string | null;
  readonly madeAt: number;
}

interface PassRow {
  id: string;
  idm: string;
  case_id: string;
  state: PassState;
  share: string | null;
  made_at: number;
  ended_at: number | null;
}

export async function passesOf(database: Database, idm: string): Promise<readonly PassRecord[]> {
  const rows = await database<PassRow>('passes').where({ idm }).orderBy('made_at').orderBy('id');
  return rows.map(row => ({
    id: row.id,
    idm: row.idm,
    caseId: row.case_id,
    state: row.state,
    share: row.share,
    madeAt: row.made_at,
  }));
}

export async function addPass(database: Database, pass: PassRecord): Promise<void> {
  const { id, idm, caseId, state, share, madeAt } = pass;
  await database<PassRow>('passes').insert({ id, idm, case_id: caseId, state, share, made_at: madeAt });
}

export async function noteTaken(database: Database, id: string): Promise<void> {
  await database<PassRow>('passes').where({ id }).update({ state: 'taken' });
}

/** Destroys the shares of all passes on a card: no PKCS#12 of theirs opens any more. How many. */
export async function endPasses(database: Database, idm: string, at: number): Promise<number> {
  return database<PassRow>('passes')
    .where({ idm })
    .whereNotNull('share')
    .update({ state: 'ended', share: null, ended_at: at });
}

/** The cases of an organisation whose private keys are sealed to a card's key. */
export async function casesSealedTo(
  database: Database,
  publicKey: string,
  corporateNumber: string,
): Promise<readonly string[]> {
  const rows = await database('applications')
    .where({ corporate_number: corporateNumber })
    .where('subject_key', 'like', `%"sealTo":"${publicKey}"%`)
    .orderBy('submitted_at')
    .select<{ case_id: string }[]>('case_id');
  return rows.map(row => row.case_id);
}

interface NonceRow {
  nonce: string;
  idm: string;
  purpose: string;
  expires_at: number;
}

export interface CardNonce {
  readonly nonce: string;
  readonly idm: string;
  readonly purpose: string;
}

/** Old ones go, and of one card no more than `most` wait. */
export async function addNonce(
  database: Database,
  nonce: CardNonce & { readonly expiresAt: number },
  { now, most }: { readonly now: number; readonly most: number },
): Promise<void> {
  const { expiresAt, ...named } = nonce;
  await database<NonceRow>('card_nonces').where('expires_at', '<', now).delete();
  const waiting = database<NonceRow>('card_nonces').where({ idm: nonce.idm }).orderBy('expires_at', 'desc');
  const kept = await waiting.limit(most - 1).pluck<string[]>('nonce');
  await database<NonceRow>('card_nonces').where({ idm: nonce.idm }).whereNotIn('nonce', kept).delete();
  await database<NonceRow>('card_nonces').insert({ ...named, expires_at: expiresAt });
}

/** False where it was never given out for this, is too old, or was used. */
export async function useNonce(database: Database, nonce: CardNonce, now: number): Promise<boolean> {
  const used = await database<NonceRow>('card_nonces')
    .where({ ...nonce })
    .where('expires_at', '>=', now)
    .delete();
  return used === 1;
}
