/** How organisations are written otherwise, where an officer has confirmed that it is the same (表記ゆれ). */
import type { CaseDocument } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

/** In any case of the organisation; the newest officer for each field. */
export async function confirmedVariations(
  database: Database,
  organisation: string,
): Promise<CaseDocument['confirmedVariations']> {
  const rows: readonly { field: string; confirmedBy: string }[] = await database('case_variations as v')
    .join('applications as a', 'a.case_id', 'v.case_id')
    .where('a.corporate_number', organisation)
    .orderBy('v.created_at')
    .select({ field: 'v.field', confirmedBy: 'v.confirmed_by' });
  return [...new Map(rows.map(row => [row.field, row])).values()];
}
