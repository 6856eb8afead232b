import type { SubjectKey } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

/** A case whose key could be made on a token. */
export interface WantingCase {
  readonly caseId: string;
  readonly kanjiName: string;
  readonly organisationName: string;
  readonly mailbox: string;
  /** Its applicant asked for a token, or its last one was damaged. */
  readonly isAsked: boolean;
}

interface Row {
  case_id: string;
  kanji_name: string;
  organisation_name: string;
  mailbox: string;
  subject_key: string;
}

/** Those of these cases that brought no key and have no token yet, in the order given. */
export async function wantingCases(database: Database, caseIds: readonly string[]): Promise<readonly WantingCase[]> {
  const rows = await database<Row>('applications')
    .whereIn('case_id', [...caseIds])
    .where('key_from', '<>', 'csr')
    .whereNotIn('case_id', database('token_jobs').where({ state: 'open' }).select('case_id'))
    .select<Row[]>('case_id', 'kanji_name', 'organisation_name', 'mailbox', 'subject_key');
  const found = new Map(rows.map(row => [row.case_id, row]));
  return caseIds.flatMap(caseId => {
    const row = found.get(caseId);
    if (row === undefined) return [];
    const { kanji_name: kanjiName, organisation_name: organisationName, mailbox } = row;
    const isAsked = (JSON.parse(row.subject_key) as SubjectKey).from === 'station';
    return [{ caseId, kanjiName, organisationName, mailbox, isAsked }];
  });
}

/** How many there are in it after all. */
export async function sizeLot(database: Database, lot: string, size: number): Promise<void> {
  await database('token_jobs').where({ lot }).update({ size });
}
