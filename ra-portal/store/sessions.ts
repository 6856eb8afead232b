import { createHash, randomBytes } from 'node:crypto';
import type { SignInMeans } from '../people/person.ts';
import type { Database } from './database.ts';

/** An officer stands on the roll, a person in the people table, an applicant opened one application. */
export type SessionKind = 'officer' | 'person' | 'applicant';

export interface Session {
  readonly kind: SessionKind;
  /** Member id of an officer, id of a person, case id of an applicant. */
  readonly subject: string;
  readonly means: SignInMeans;
  readonly createdAt: number;
  readonly seenAt: number;
}

interface SessionRow {
  token_hash: string;
  kind: SessionKind;
  subject: string;
  means: SignInMeans;
  created_at: number;
  seen_at: number;
  ended_at: number | null;
}

/** Returns the token for the cookie; the database keeps only its hash. */
export async function beginSession(
  database: Database,
  { kind, subject, means, at }: Pick<Session, 'kind' | 'subject' | 'means'> & { readonly at: number },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await database<SessionRow>('portal_sessions').insert({
    token_hash: hashOf(token),
    kind,
    subject,
    means,
    created_at: at,
    seen_at: at,
  });
  return token;
}

export async function openSession(database: Database, token: string): Promise<Session | null> {
  const row = await database<SessionRow>('portal_sessions')
    .where({ token_hash: hashOf(token), ended_at: null })
    .first();
  if (row === undefined) return null;
  const { kind, subject, means, created_at, seen_at } = row;
  return { kind, subject, means, createdAt: created_at, seenAt: seen_at };
}

export async function noteSessionSeen(database: Database, token: string, at: number): Promise<void> {
  await database<SessionRow>('portal_sessions').where('token_hash', hashOf(token)).update({ seen_at: at });
}

export async function endSession(database: Database, token: string, at: number): Promise<void> {
  await database<SessionRow>('portal_sessions').where('token_hash', hashOf(token)).update({ ended_at: at });
}

/** All of one account, at once. */
export async function endSessionsOf(
  database: Database,
  { kind, subject }: Pick<Session, 'kind' | 'subject'>,
  at: number,
): Promise<void> {
  await database<SessionRow>('portal_sessions').where({ kind, subject, ended_at: null }).update({ ended_at: at });
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
