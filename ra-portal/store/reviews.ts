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
