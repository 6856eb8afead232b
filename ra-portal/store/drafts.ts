/** Applications that are still being written. Whoever has the token in the cookie has the draft. */
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

interface DraftRow {
  id: string;
  form: string;
  created_at: number;
  changed_at: number;
}

export interface Draft {
  /** SHA-256 of its token, hex: owner of what was uploaded for it. */
  readonly id: string;
  /** JSON, as its writer gave it. */
  readonly form: string;
  readonly changedAt: number;
}

export async function beginDraft(database: Database, draft: { form: string; at: number }): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await database<DraftRow>('drafts').insert({
    id: draftIdOf(token),
    form: draft.form,
    created_at: draft.at,
    changed_at: draft.at,
  });
  return token;
}

/** Null for an unknown token, and for a draft that nobody changed since `since`. */
export async function findDraft(database: Database, token: string, since: number): Promise<Draft | null> {
  const row = await database<DraftRow>('drafts').where('id', draftIdOf(token)).where('changed_at', '>', since).first();
  return row === undefined ? null : { id: row.id, form: row.form, changedAt: row.changed_at };
}

export async function keepDraft(database: Database, id: string, draft: { form: string; at: number }): Promise<void> {
  await database<DraftRow>('drafts').where({ id }).update({ form: draft.form, changed_at: draft.at });
}

export async function dropDraft(database: Database, id: string): Promise<void> {
  await database<DraftRow>('drafts').where({ id }).delete();
}

/** Drafts that nobody changed since, and what was uploaded for them, are gone. How many. */
export async function dropDraftsBefore(database: Database, since: number): Promise<number> {
  const old = database<DraftRow>('drafts').where('changed_at', '<=', since).select('id');
  await database('uploads').whereIn('owner', old.clone()).delete();
  return database<DraftRow>('drafts').where('changed_at', '<=', since).delete();
}

const draftIdOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
