/** What happened to a case: events of the audit log, found by following it once. */
import type { AuditEvent } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

export interface CaseEvent {
  /** Where it stands in the audit log. */
  readonly seq: number;
  readonly event: AuditEvent;
}

/** The first leaf that was not looked at yet. */
export async function nextLeaf(database: Database): Promise<number> {
  const row = await database<{ name: string; next: number }>('followed_logs').where('name', 'audit').first('next');
  return row?.next ?? 0;
}

export async function noteNextLeaf(database: Database, next: number): Promise<void> {
  await database('followed_logs').where('name', 'audit').update({ next });
}

export async function addCaseEvent(database: Database, caseId: string, { seq, event }: CaseEvent): Promise<void> {
  await database('case_events')
    .insert({ case_id: caseId, seq, event: JSON.stringify(event) })
    .onConflict(['case_id', 'seq'])
    .ignore();
}

/** Oldest first. */
export async function caseEventsOf(database: Database, caseId: string): Promise<readonly CaseEvent[]> {
  const rows = await database<{ case_id: string; seq: number; event: string }>('case_events')
    .where('case_id', caseId)
    .orderBy('seq');
  return rows.map(row => ({ seq: row.seq, event: JSON.parse(row.event) as AuditEvent }));
}
