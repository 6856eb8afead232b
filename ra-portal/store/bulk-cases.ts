/** Many cases at once, each as if it had been reviewed by hand: application, register record, evidence, editors. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { EvidenceRecord, RegisterRecords } from '../../ca-core/index.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { rowOf } from './applications.ts';
import type { Database } from './database.ts';

export interface BulkCase {
  readonly application: CertificateApplication;
  readonly evidence: readonly EvidenceRecord[];
}

export interface CaseGround {
  readonly register: RegisterRecords;
  readonly editors: readonly string[];
  readonly at: number;
}

const rowsAtOnce = 50;

/** Nobody has an access code of these: they are entered by a mailed link (bulk/own-file.ts). */
const nobodysCode = (): string => `${randomBytes(16).toString('hex')}:${randomBytes(32).toString('hex')}`;

export async function addCases(
  trx: Database,
  cases: readonly BulkCase[],
  { register, editors, at }: CaseGround,
): Promise<void> {
  const ids = cases.map(({ application }) => application.caseId);
  const applications = cases.map(({ application }) => ({
    ...rowOf(application),
    // The officers' desk sees the job in their place until they are issued.
    followed: 1,
    submission_id: randomBytes(32).toString('hex'),
    access_code: nobodysCode(),
  }));
  await trx.batchInsert('applications', applications, rowsAtOnce);
  const records = JSON.stringify(register);
  await trx.batchInsert(
    'case_register_records',
    ids.map(case_id => ({ case_id, records, fetched_at: at })),
    rowsAtOnce,
  );
  const evidence = cases.flatMap(one =>
    one.evidence.map(record => ({
      id: randomUUID(),
      case_id: one.application.caseId,
      record: JSON.stringify(record),
      created_at: at,
    })),
  );
  await trx.batchInsert('case_evidence', evidence, rowsAtOnce);
  const editing = ids.flatMap(case_id => editors.map(editor => ({ case_id, editor, created_at: at })));
  await trx.batchInsert('case_editors', editing, rowsAtOnce);
}

/** The state of cases whose row moved on; the desk may look at them from then on. */
export async function moveCases(
  trx: Database,
  caseIds: readonly string[],
  { state, at }: { readonly state: CertificateApplication['state']; readonly at: number },
): Promise<void> {
  for (let from = 0; from < caseIds.length; from += 500) {
    await trx('applications')
      .whereIn('case_id', caseIds.slice(from, from + 500))
      .update({ state, changed_at: at, followed: 0 });
  }
}
