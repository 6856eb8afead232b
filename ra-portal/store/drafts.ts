/** Applications that are still being written: of whoever has the token in the cookie, or of one LRA. */
import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';
import type { DraftOrigin } from './renewals.ts';

interface DraftRow {
  id: string;
  form: string;
  created_at: number;
  changed_at: number;
  /** Id of an LRA; null for the draft of whoever has the token. */
  written_by: string | null;
  /** Case id of the certificate that it renews. */
  renews: string | null;
  mailbox_proved_at: number | null;
}

interface NewDraft {
  readonly form: string;
  readonly at: number;
  /** Where it begins with the fields of an earlier case. */
  readonly origin?: DraftOrigin;
}

export interface Draft {
  /** SHA-256 of its token, or drawn, hex: owner of what was uploaded for it. */
  readonly id: string;
  /** JSON, as its writer gave it. */
  readonly form: string;
  readonly changedAt: number;
}

export async function beginDraft(database: Database, draft: NewDraft): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await database<DraftRow>('drafts').insert({ id: draftIdOf(token), ...newRow(draft) });
  return token;
}

const newRow = ({ form, at, origin }: NewDraft): Omit<DraftRow, 'id' | 'written_by'> => ({
  form,
  created_at: at,
  changed_at: at,
  renews: origin?.renews ?? null,
  mailbox_proved_at: origin?.mailboxProvedAt ?? null,
});

/** Null for an unknown token, and for a draft that nobody changed since `since`. */
export async function findDraft(database: Database, token: string, since: number): Promise<Draft | null> {
  const row = await database<DraftRow>('drafts')
    .where({ id: draftIdOf(token), written_by: null })
    .where('changed_at', '>', since)
    .first();
  return row === undefined ? null : draftOf(row);
}

/** Returns its id, which opens it for this LRA and nobody else. */
export async function beginDraftOf(database: Database, writtenBy: string, draft: NewDraft): Promise<string> {
  const id = randomBytes(16).toString('hex');
  await database<DraftRow>('drafts').insert({ id, ...newRow(draft), written_by: writtenBy });
  return id;
}

/** Newest change first; without those that nobody changed since `since`. */
export async function draftsOf(database: Database, writtenBy: string, since: number): Promise<readonly Draft[]> {
  const rows = await database<DraftRow>('drafts')
    .where('written_by', writtenBy)
    .where('changed_at', '>', since)
    .orderBy('changed_at', 'desc');
  return rows.map(draftOf);
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

const draftOf = (row: DraftRow): Draft => ({ id: row.id, form: row.form, changedAt: row.changed_at });
const draftIdOf = (token: string): string => createHash('sha256').update(token, 'utf8').digest('hex');
