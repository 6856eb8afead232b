/** Tokens of programs, as hashes: what the database holds opens nothing. */
import type { Database } from './database.ts';
import type { SessionKind } from './sessions.ts';

export interface ApiToken {
  /** 16 hexadecimal digits; not secret. */
  readonly id: string;
  /** SHA-256 of the whole token, hex. */
  readonly hash: string;
  readonly kind: Exclude<SessionKind, 'applicant'>;
  /** Member id of an officer, or id in the people table. */
  readonly subject: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
  readonly endedAt: number | null;
}

export type TokenOwner = Pick<ApiToken, 'kind' | 'subject'>;

interface TokenRow {
  id: string;
  token_hash: string;
  kind: ApiToken['kind'];
  subject: string;
  name: string;
  scopes: string;
  created_at: number;
  expires_at: number;
  last_used_at: number | null;
  ended_at: number | null;
}

const table = 'api_tokens';

export async function addToken(database: Database, token: Omit<ApiToken, 'lastUsedAt' | 'endedAt'>): Promise<void> {
  await database<TokenRow>(table).insert({
    id: token.id,
    token_hash: token.hash,
    kind: token.kind,
    subject: token.subject,
    name: token.name,
    scopes: token.scopes.join(' '),
    created_at: token.createdAt,
    expires_at: token.expiresAt,
  });
}

/** Ended and expired ones, too. */
export async function findToken(database: Database, id: string): Promise<ApiToken | null> {
  const row = await database<TokenRow>(table).where('id', id).first();
  return row === undefined ? null : tokenOf(row);
}

/** Newest first; ended and expired ones, too. */
export async function tokensOf(database: Database, { kind, subject }: TokenOwner): Promise<readonly ApiToken[]> {
  const rows = await database<TokenRow>(table).where({ kind, subject }).orderBy('created_at', 'desc').orderBy('id');
  return rows.map(tokenOf);
}

/** Of everybody, oldest first; without ended and expired ones. */
export async function openTokens(database: Database, now: number): Promise<readonly ApiToken[]> {
  const rows = await database<TokenRow>(table)
    .whereNull('ended_at')
    .where('expires_at', '>', now)
    .orderBy('created_at');
  return rows.map(tokenOf);
}

export async function noteTokenUsed(database: Database, id: string, at: number): Promise<void> {
  await database<TokenRow>(table).where('id', id).update({ last_used_at: at });
}

/** False where it had ended before. */
export async function endToken(database: Database, id: string, at: number): Promise<boolean> {
  return (await database<TokenRow>(table).where({ id, ended_at: null }).update({ ended_at: at })) === 1;
}

/** The owners of one kind who still have tokens. */
export async function ownersOfTokens(database: Database, kind: ApiToken['kind']): Promise<readonly string[]> {
  return database<TokenRow>(table).where({ kind, ended_at: null }).distinct().pluck('subject');
}

const tokenOf = (row: TokenRow): ApiToken => ({
  id: row.id,
  hash: row.token_hash,
  kind: row.kind,
  subject: row.subject,
  name: row.name,
  scopes: row.scopes.split(' '),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  lastUsedAt: row.last_used_at,
  endedAt: row.ended_at,
});
