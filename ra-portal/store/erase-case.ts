/** Takes away what a class holds of one case. Rows come back as they were, for the hash on record; then they are gone. */
import type { Database } from './database.ts';
import { identityTables, noteTables, type CaseClass } from './due-for-deletion.ts';
import { takeFromTokens } from './erase-tokens.ts';

type Row = Readonly<Record<string, unknown>>;
type Take = (trx: Database, caseId: string, at: number) => Promise<readonly Row[]>;

export const eraseCase: Readonly<Record<CaseClass, Take>> = {
  uploadedDocuments: takeUploads,
  identityRecords: takeIdentity,
  applicationFields: takeAll,
  deskNotes: takeNotes,
  abandonedApplications: takeAll,
  refusedApplications: takeAll,
};

/** Nobody looks for a case again whose fields went. */
async function takeAll(trx: Database, caseId: string, at: number): Promise<readonly Row[]> {
  const parts = [takeUploads, takeIdentity, takeNotes, takeFields];
  const rows: Row[] = [];
  for (const take of parts) rows.push(...(await take(trx, caseId, at)));
  return rows;
}

async function takeUploads(trx: Database, caseId: string): Promise<readonly Row[]> {
  return take(trx, 'uploads', { owner: caseId });
}

async function takeIdentity(trx: Database, caseId: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const table of identityTables) rows.push(...(await take(trx, table, { case_id: caseId })));
  return rows;
}

async function takeNotes(trx: Database, caseId: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const table of noteTables) rows.push(...(await take(trx, table, { case_id: caseId })));
  const noted: readonly Row[] = await trx('applications')
    .where('case_id', caseId)
    .whereNotNull('decision_note')
    .select('case_id', 'decision_note', 'submission_id');
  await trx('applications').where('case_id', caseId).update({ decision_note: null });
  return [...rows, ...noted];
}

/** The row stays, so that its number is given to nobody else; what named a person in it, and opened it, does not. */
async function takeFields(trx: Database, caseId: string, at: number): Promise<readonly Row[]> {
  const before: readonly Row[] = await trx('applications').where('case_id', caseId).select('*');
  const rows = [...before];
  await trx('applications')
    .where('case_id', caseId)
    .update({ ...namesNobody, subject_key: keyWithoutRequest(before), erased_at: at });
  for (const table of ofThePerson) rows.push(...(await take(trx, table, { case_id: caseId })));
  await trx('case_desk').where('case_id', caseId).update({ search_text: '' });
  await trx('portal_sessions').where({ kind: 'applicant', subject: caseId }).delete();
  const inJobs: readonly Row[] = await trx('bulk_rows')
    .where('case_id', caseId)
    .select('content', 'name', 'mailbox', 'row_number');
  await trx('bulk_rows').where('case_id', caseId).update({ content: nobodysRow, fault: null, name: '', mailbox: '' });
  return [...rows, ...inJobs, ...(await takeFromTokens(trx, caseId))];
}

const ofThePerson = ['case_editors', 'case_variations', 'known_devices', 'entry_passes', 'renewal_codes'] as const;

/** A job's row still reads as one. */
const nobodysRow = JSON.stringify({
  claim: { kanjiName: '', kanaName: '', romanName: '', corporateNumber: '', organisationName: '', mailbox: '' },
  typed: {},
  seen: [],
});

/** A code that no scrypt gives: nobody enters. */
const namesNobody = {
  kanji_name: '',
  kana_name: '',
  roman_name: '',
  organisation_name: '',
  mailbox: '',
  role_name: null,
  licence: null,
  typed: null,
  access_code: `${'00'.repeat(16)}:${'00'.repeat(32)}`,
  mailbox_code: null,
  mailbox_code_expires_at: null,
  decision_note: null,
};

/** The public key is in the certificate; the request around it may name the person. */
function keyWithoutRequest([row]: readonly Row[]): string {
  const kept = row?.['subject_key'];
  const key = JSON.parse(typeof kept === 'string' ? kept : '{}') as Record<string, unknown>;
  return JSON.stringify('certificationRequest' in key ? { ...key, certificationRequest: '' } : key);
}

async function take(trx: Database, table: string, where: Readonly<Record<string, string>>): Promise<readonly Row[]> {
  const rows: readonly Row[] = await trx(table).where(where).select('*');
  await trx(table).where(where).delete();
  return rows;
}
