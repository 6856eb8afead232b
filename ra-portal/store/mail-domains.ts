/** What officers saw of organisations' mail domains, in whichever case. */
import type { EvidenceRecord } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

/**
 * The accepted records of these documents (ids of policies/identity.yaml) in cases of the organisation, seen since then
 * and not withdrawn; one a domain, the newest.
 */
export async function mailDomainEvidence(
  database: Database,
  { organisation, documents, since }: { organisation: string; documents: readonly string[]; since: number },
): Promise<readonly EvidenceRecord[]> {
  const query = database('case_evidence as e')
    .join('applications as a', 'a.case_id', 'e.case_id')
    .where('a.corporate_number', organisation)
    .whereNull('e.withdrawn_at')
    .where(any => {
      for (const document of documents) void any.orWhere('e.record', 'like', `%"document":"${document}"%`);
    })
    .select('e.record');
  const rows = documents.length === 0 ? [] : ((await query) as { record: string }[]);
  const records = rows.map(({ record }) => JSON.parse(record) as EvidenceRecord);
  const counting = records
    .filter(({ document, result, seenAt }) => documents.includes(document) && result === 'accepted' && seenAt >= since)
    .sort((one, other) => one.seenAt - other.seenAt);
  return [...new Map(counting.map(record => [record.number.toLowerCase(), record])).values()];
}
