/** What the CA core did with a job's orders, noted row by row, so many at once. */
import { noteEvent } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { moveCases } from '../store/bulk-cases.ts';
import { keepJob, type BulkJob } from '../store/bulk-jobs.ts';
import { closedOrders } from '../store/bulk-orders.ts';
import { countRows } from '../store/bulk-row-counts.ts';
import { moveRows } from '../store/bulk-rows.ts';
import type { Database } from '../store/database.ts';
import { postOwnFiles } from './own-file.ts';

const rowsAtOnce = 500;

/** Notes what was closed since, and the end of the job when it was the last. How many rows moved. */
export async function followJob(parts: PortalParts, trx: Database, job: BulkJob): Promise<number> {
  const at = parts.clock.now();
  const closed = await closedOrders(trx, job.id, rowsAtOnce);
  const issued = closed.filter(({ state }) => state === 'issued');
  await moveRows(
    trx,
    job.id,
    issued.map(({ rowNumber }) => rowNumber),
    { to: 'issued', at },
  );
  const cases = issued.map(({ caseId }) => caseId);
  await moveCases(trx, cases, { state: 'issued', at });
  if (job.delivery === 'person') await postOwnFiles(parts, trx, cases);
  for (const { rowNumber, caseId, refusal } of closed.filter(({ state }) => state === 'refused')) {
    const { code, values } = readRefusal(refusal);
    const isCancelled = job.state === 'cancelled' && code === 'documentVoided';
    if (isCancelled) await moveCases(trx, [caseId], { state: 'withdrawn', at });
    await moveRows(trx, job.id, [rowNumber], { to: isCancelled ? 'cancelled' : 'failed', at, code, fault: values });
  }
  await endIfDone(parts, trx, job);
  return closed.length;
}

async function endIfDone({ clock }: PortalParts, trx: Database, job: BulkJob): Promise<void> {
  if (job.state !== 'running' && job.state !== 'paused') return;
  const counts = await countRows(trx, job.id);
  if (counts.ordered > 0) return;
  const at = clock.now();
  const running = job.state === 'paused' ? await keepJob(trx, job, { state: 'running' }) : job;
  await keepJob(trx, running, { state: 'finished', changedAt: at, finishedAt: at });
  const details = { issued: String(counts.issued + counts.delivered), failed: String(counts.failed) };
  const event = { at, service: 'ra-portal', action: 'bulk.finished', actor: 'ra-portal', subject: job.id, details };
  await noteEvent(trx, event);
}

function readRefusal(text: string | null): { code: string; values: Record<string, unknown> } {
  try {
    const { code, values } = JSON.parse(text ?? '{}') as { code?: unknown; values?: unknown };
    const explained = typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {};
    return { code: typeof code === 'string' ? code : 'orderRefused', values: explained };
  } catch {
    return { code: 'orderRefused', values: {} };
  }
}
