/** Which application renews which certificate, and the codes that open a renewal. */
import type { Database } from './database.ts';

/** Case id of the certificate before; null where the application renews none. */
export async function renewedBy(database: Database, caseId: string): Promise<string | null> {
  const row = await database<{ case_id: string; renews: string }>('renewals').where('case_id', caseId).first('renews');
  return row?.renews ?? null;
}

/** Case ids of the applications that renew it, oldest first. */
export async function renewalsOf(database: Database, caseId: string): Promise<readonly string[]> {
  return (await database('renewals').where('renews', caseId).orderBy('created_at').pluck('case_id')) as string[];
}

export async function addRenewal(
  database: Database,
  { caseId, renews, at }: { caseId: string; renews: string; at: number },
): Promise<void> {
  await database('renewals').insert({ case_id: caseId, renews, created_at: at });
}

export interface RenewalCode {
  readonly hash: string;
  readonly expiresAt: number;
}

export async function keepRenewalCode(database: Database, caseId: string, code: RenewalCode): Promise<void> {
  await database('renewal_codes')
    .insert({ case_id: caseId, hash: code.hash, expires_at: code.expiresAt })
    .onConflict('case_id')
    .merge();
}

export async function renewalCodeOf(database: Database, caseId: string): Promise<RenewalCode | null> {
  const row = await database<{ case_id: string; hash: string; expires_at: number }>('renewal_codes')
    .where('case_id', caseId)
    .first();
  return row === undefined ? null : { hash: row.hash, expiresAt: row.expires_at };
}

/** A code counts once: false where somebody took it before. */
export async function takeRenewalCode(database: Database, caseId: string, hash: string): Promise<boolean> {
  return (await database('renewal_codes').where({ case_id: caseId, hash }).delete()) === 1;
}

/** What a draft began with; nulls where it began empty. */
export interface DraftOrigin {
  readonly renews: string | null;
  readonly mailboxProvedAt: number | null;
}

export async function draftOrigin(database: Database, draftId: string): Promise<DraftOrigin> {
  const row = await database<{ id: string; renews: string | null; mailbox_proved_at: number | null }>('drafts')
    .where('id', draftId)
    .first('renews', 'mailbox_proved_at');
  return { renews: row?.renews ?? null, mailboxProvedAt: row?.mailbox_proved_at ?? null };
}
