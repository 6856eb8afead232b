import { decodeAuditLeaf, openStore, type AuditEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { addCaseEvent, nextLeaf, noteNextLeaf } from '../store/timeline.ts';

const batch = 500;

/** Notes which new lines of the audit log are about which case. Returns how many lines were read. */
export async function followAudit({ database, ca }: Pick<PortalParts, 'database' | 'ca'>): Promise<number> {
  if ((await ca.audit.from(await nextLeaf(database), 1)).length === 0) return 0;
  return inOneStep(database, async trx => {
    const from = await nextLeaf(trx);
    const rows = await openStore(trx).audit.from(from, batch);
    for (const { seq, leaf } of rows) {
      const event = eventIn(leaf);
      if (event !== null)
        for (const caseId of await casesOf(trx, event)) await addCaseEvent(trx, caseId, { seq, event });
    }
    await noteNextLeaf(trx, (rows.at(-1)?.seq ?? from - 1) + 1);
    return rows.length;
  });
}

function eventIn(leaf: Uint8Array): AuditEvent | null {
  try {
    return decodeAuditLeaf(leaf);
  } catch (error) {
    if (error instanceof PkiError) return null;
    throw error;
  }
}

const receptionNumber = /^K\d{2}-[0-9A-Z]{4}-[0-9A-Z]{4}$/;
const digest = /^[0-9a-f]{64}$/;
const serialNumber = /^[0-9a-f]{2,40}$/;

/** An event names a case, a document of one, a list of several, or a certificate that came of one. */
async function casesOf(trx: Database, { subject }: AuditEvent): Promise<readonly string[]> {
  if (receptionNumber.test(subject)) return [subject];
  const ca = openStore(trx);
  if (digest.test(subject)) {
    const found = await ca.documents.find(subject);
    if (found?.kind === 'list') return (await ca.documents.listed(subject)).map(({ stored }) => stored.subjectId);
    return found?.kind === 'case' ? [found.subjectId] : [];
  }
  const certificate = serialNumber.test(subject) ? await ca.certificates.withSerialNumber(subject) : undefined;
  return certificate?.caseId === undefined || certificate.caseId === null ? [] : [certificate.caseId];
}
