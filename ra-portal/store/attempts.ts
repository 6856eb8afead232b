import type { Database } from './database.ts';

export interface Attempts {
  readonly wrong: number;
  /** Unix seconds before which no further code is looked at. */
  readonly blockedUntil: number;
}

interface AttemptRow {
  about: string;
  wrong: number;
  blocked_until: number;
}

export async function attemptsAbout(database: Database, about: string): Promise<Attempts> {
  const row = await database<AttemptRow>('code_attempts').where('about', about).first();
  return { wrong: row?.wrong ?? 0, blockedUntil: row?.blocked_until ?? 0 };
}

export async function noteAttempts(database: Database, about: string, attempts: Attempts): Promise<void> {
  await database<AttemptRow>('code_attempts')
    .insert({ about, wrong: attempts.wrong, blocked_until: attempts.blockedUntil })
    .onConflict('about')
    .merge();
}

export async function forgetAttempts(database: Database, about: string): Promise<void> {
  await database<AttemptRow>('code_attempts').where('about', about).delete();
}
