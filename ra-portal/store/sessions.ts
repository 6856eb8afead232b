import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

export type SessionKind = 'officer' | 'applicant';

export interface Session {
  readonly kind: SessionKind;
  /** Member id of an officer, case id of an applicant. */
  readonly subject: string;
  readonly createdAt: number;
  readonly seenAt: number;
}

interface SessionRow {
  token_hash: string;
  kind: SessionKind;
  subject: string;
  created_at: number;
  seen_at: number;
  ended_at: number | null;
}

/** Returns the token for the cookie; the database keeps only its hash. */
export async function beginSession(
  database: Database,
  session: { kind: SessionKind; subject: string; at: number },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await database<SessionRow>('portal_sessions').insert({
    token_hash: hashOf(token),
    kind: session.kind,
    subject: session.subject,
    created_at: session.at,
    seen_at: session.at,
  });
  return token;
}

export async function openSessionOf(database: Database, kind: SessionKind, token: string): Promise<Session | null> {
  const row = await database<SessionRow>('portal_sessions')
    .where({ token_hash: hashOf(token), kind, ended_at: null })
    .first();
  return row === undefined
    ? null
    : { kind: row.kind, subject: row.subject, createdAt: row.created_at, seenAt: row.seen_at };
}

export async function noteSessionSeen(database: Database, token: string, at: number): Promise<void> {
  await database<SessionRow>('portal_sessions').where('token_hash', hashOf(token)).update({ seen_at: at });
}

export async function endSession(database: Database, token: string, at: number): Promise<void> {
  await database<SessionRow>('portal_sessions').where('token_hash', hashOf(token)).update({ ended_at: at });
}

export async function keepChallenge(database: Database, challenge: string, expiresAt: number): Promise<void> {
  await database('sign_in_challenges').insert({ challenge, expires_at: expiresAt });
}

/** A challenge counts once; expired ones are swept out on the way. */
export async function takeChallenge(database: Database, challenge: string, now: number): Promise<boolean> {
  const taken = await database('sign_in_challenges')
    .where('challenge', challenge)
    .where('expires_at', '>', now)
    .delete();
  await database('sign_in_challenges').where('expires_at', '<=', now).delete();
  return taken === 1;
}

const hashOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
