/** Letters wait in the database until they are sent, so that a step and its letter happen together. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.ts';

export interface WaitingLetter {
  readonly id: string;
  readonly mailbox: string;
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
  readonly postedAt: number;
  /** When it was to be sent: who sends it names it. */
  readonly dueAt: number;
}

export async function postLetter(
  database: Database,
  letter: { mailbox: string; subject: string; body: string; at: number },
): Promise<void> {
  await database('letters').insert({
    id: randomUUID(),
    mailbox: letter.mailbox,
    subject: letter.subject,
    body: letter.body,
    attempts: 0,
    created_at: letter.at,
    next_attempt_at: letter.at,
  });
}

export async function waitingLetters(database: Database, now: number, limit: number): Promise<WaitingLetter[]> {
  return database<WaitingLetter & { sent_at: number | null; next_attempt_at: number; created_at: number }>('letters')
    .whereNull('sent_at')
    .where('next_attempt_at', '<=', now)
    .orderBy('created_at')
    .limit(limit)
    .select('id', 'mailbox', 'subject', 'body', 'attempts', { dueAt: 'next_attempt_at', postedAt: 'created_at' });
}

/** Of several portals one sends a letter: false where another took it. Who is killed meanwhile leaves it until `until`. */
export async function takeLetter(
  database: Database,
  { id, dueAt }: Pick<WaitingLetter, 'id' | 'dueAt'>,
  until: number,
): Promise<boolean> {
  const free = database('letters').where({ id, next_attempt_at: dueAt }).whereNull('sent_at');
  return (await free.update({ next_attempt_at: until })) === 1;
}

/** What was in the letter is not needed any more. */
export async function noteSent(database: Database, id: string, at: number): Promise<void> {
  await database('letters').where('id', id).update({ sent_at: at, body: '' });
}

/** `refused`: its address, by the mail server and for good; `late`: nobody took it for days. */
export type GivenUp = 'refused' | 'late';

/** Nothing is tried any more, and what was in the letter goes. */
export async function noteGivenUp(
  database: Database,
  { id, why, at }: { readonly id: string; readonly why: GivenUp; readonly at: number },
): Promise<void> {
  await database('letters').where('id', id).update({ sent_at: at, given_up: why, body: '' });
}

export async function noteUnsent(database: Database, id: string, nextAttemptAt: number): Promise<void> {
  await database('letters').where('id', id).increment('attempts', 1).update({ next_attempt_at: nextAttemptAt });
}
