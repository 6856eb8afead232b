/** What officers and registers add to a case. */
import { randomUUID } from 'node:crypto';
import type { EvidenceRecord, RegisterRecords } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

export interface KeptEvidence {
  readonly id: string;
  readonly record: EvidenceRecord;
}

export interface Variation {
  readonly field: string;
  readonly confirmedBy: string;
}

export async function addRegisterRecords(
  database: Database,
  caseId: string,
  { records, at }: { records: RegisterRecords; at: number },
): Promise<void> {
  await database('case_register_records').insert({ case_id: caseId, records: JSON.stringify(records), fetched_at: at });
}

/** The newest answer of the registers for a case; older ones stay as they were. */
export async function registerRecordsOf(database: Database, caseId: string): Promise<RegisterRecords> {
  const row = await database<{ id: number; case_id: string; records: string }>('case_register_records')
    .where('case_id', caseId)
    .orderBy('id', 'desc')
    .first('records');
  return row === undefined ? { nta: null, robins: null } : (JSON.parse(row.records) as RegisterRecords);
}

export async function addEvidence(
  database: Database,
  caseId: string,
  { record, at }: { record: EvidenceRecord; at: number },
): Promise<string> {
  const id = randomUUID();
  await database('case_evidence').insert({ id, case_id: caseId, record: JSON.stringify(record), created_at: at });
  return id;
}

export async function evidenceOf(database: Database, caseId: string): Promise<KeptEvidence[]> {
  const rows = await database<{
    id: string;
    case_id: string;
    record: string;
    created_at: number;
    withdrawn_at: number | null;
  }>('case_evidence')
    .where('case_id', caseId)
    .whereNull('withdrawn_at')
    .orderBy(['created_at', 'id'])
    .select('id', 'record');
  return rows.map(row => ({ id: row.id, record: JSON.parse(row.record) as EvidenceRecord }));
}

/** Returns how many were withdrawn: 0 when there is no such evidence. */
export async function withdrawEvidence(
  database: Database,
  caseId: string,
  { id, at }: { id: string; at: number },
): Promise<number> {
  return database('case_evidence')
    .where({ id, case_id: caseId })
    .whereNull('withdrawn_at')
    .update({ withdrawn_at: at });
}

export async function addVariation(
  database: Database,
  caseId: string,
  variation: Variation & { at: number },
): Promise<void> {
  await database('case_variations')
    .insert({ case_id: caseId, field: variation.field, confirmed_by: variation.confirmedBy, created_at: variation.at })
    .onConflict(['case_id', 'field'])
    .merge();
}

export async function variationsOf(database: Database, caseId: string): Promise<Variation[]> {
  const rows = await database<{ case_id: string; field: string; confirmed_by: string }>('case_variations')
    .where('case_id', caseId)
    .orderBy('field');
  return rows.map(row => ({ field: row.field, confirmedBy: row.confirmed_by }));
}

/** Another claim, or another answer of a register, has to be compared anew. */
export async function forgetVariations(database: Database, caseId: string): Promise<void> {
  await database('case_variations').where('case_id', caseId).delete();
}

/** Whoever typed or changed the claim may not approve the case: `editor` is a member id or a mailbox. */
export async function addEditor(
  database: Database,
  caseId: string,
  { editor, at }: { editor: string; at: number },
): Promise<void> {
  await database('case_editors')
    .insert({ case_id: caseId, editor, created_at: at })
    .onConflict(['case_id', 'editor'])
    .ignore();
}

export async function editorsOf(database: Database, caseId: string): Promise<readonly string[]> {
  return (await database('case_editors').where('case_id', caseId).orderBy('editor').pluck('editor')) as string[];
}

/** A field of the claim and what is wrong with it; the applicant sees it at that field. */
export interface Remark {
  readonly field: string;
  readonly reason: string;
}

/** In place of those before. */
export async function keepRemarks(database: Database, caseId: string, remarks: readonly Remark[]): Promise<void> {
  await database('case_remarks').where('case_id', caseId).delete();
  for (const { field, reason } of remarks) await database('case_remarks').insert({ case_id: caseId, field, reason });
}

export async function remarksOf(database: Database, caseId: string): Promise<readonly Remark[]> {
  return database('case_remarks').where('case_id', caseId).orderBy('id').select<Remark[]>('field', 'reason');
}

/** What officers write for each other; no page, letter or answer for anybody else has it. */
export interface InternalNote {
  readonly note: string;
  readonly writtenBy: string;
  readonly at: number;
}

export async function addNote(
  database: Database,
  caseId: string,
  { note, writtenBy, at }: InternalNote,
): Promise<void> {
  await database('case_notes').insert({ case_id: caseId, note, written_by: writtenBy, created_at: at });
}

export async function notesOf(database: Database, caseId: string): Promise<readonly InternalNote[]> {
  const rows = await database<{ id: number; case_id: string; note: string; written_by: string; created_at: number }>(
    'case_notes',
  )
    .where('case_id', caseId)
    .orderBy('id');
  return rows.map(row => ({ note: row.note, writtenBy: row.written_by, at: row.created_at }));
}
