/** Mail domains whose control officers have seen for an organisation, in any of its cases. */
import type { EvidenceRecord } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

/** The newest accepted look at each domain (lower case), seen after `since`. */
export async function domainProofs(
  database: Database,
  organisation: string,
  since: number,
): Promise<ReadonlyMap<string, EvidenceRecord>> {
  const rows = await database('case_evidence as e')
    .join('applications as a', 'a.case_id', 'e.case_id')
    .where('a.corporate_number', organisation)
    .whereNull('e.withdrawn_at')
    .where('e.record', 'like', '%"document":"mail-domain"%')
    .orderBy('e.created_at')
    .select<{ record: string }[]>('e.record');
  const records = rows.map(({ record }) => JSON.parse(record) as EvidenceRecord);
  return new Map(
    records
      .filter(({ document, result, seenAt }) => document === 'mail-domain' && result === 'accepted' && seenAt > since)
      .map(record => [record.number.toLowerCase(), record]),
  );
}
