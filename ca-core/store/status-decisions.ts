/** What the CA core decided about certificates, as everybody is told. */
import type { Knex } from 'knex';
import type { RevocationReason } from '../approvals/documents.ts';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import { insertAll } from './insert-all.ts';
import { inOrder, newestDecisions, type StatusRow } from './status.ts';

/** What the CA core decided, and its journal already holds. */
export interface StatusDecision {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly change: 'revoked' | 'released';
  readonly reason: RevocationReason | null;
  readonly revokedAt: UnixTime | null;
  readonly invalidityDate: UnixTime | null;
  readonly notAfter: UnixTime;
  readonly orderId: string | null;
  readonly at: UnixTime;
}

export interface RecordedDecision {
  readonly decision: StatusDecision;
  readonly event: AuditEvent;
}

/** The events of those that changed anything; what is done again changes nothing. */
export async function recordDecisions(
  transaction: Knex,
  decisions: readonly RecordedDecision[],
): Promise<readonly AuditEvent[]> {
  const issuer = decisions[0]?.decision.issuer ?? '';
  const serialNumbers = decisions.map(({ decision }) => decision.serialNumber);
  const newest = await newestDecisions(transaction, issuer, serialNumbers);
  const fresh = decisions.filter(({ decision }) => !isTold(newest.get(decision.serialNumber), decision));
  if (fresh.length > 0) await inOrder(transaction);
  const rows = fresh.map(({ decision }) => rowOf(decision));
  await insertAll(transaction, 'status_changes', rows.map(withoutEmpty(rows)));
  for (const { orderId, at } of decisions.map(({ decision }) => decision)) {
    if (orderId !== null)
      await transaction('revocation_orders').where({ id: orderId }).update({ state: 'applied', closed_at: at });
  }
  return fresh.map(({ event }) => event);
}

const isTold = (newest: StatusRow | undefined, { change, revokedAt, reason }: StatusDecision): boolean =>
  newest?.change === change && newest.revoked_at === revokedAt && newest.reason === reason;

const rowOf = (decision: StatusDecision): Readonly<Record<string, string | number | null>> => ({
  issuer: decision.issuer,
  serial_number: decision.serialNumber,
  change: decision.change,
  order_id: decision.orderId,
  reason: decision.reason,
  revoked_at: decision.revokedAt,
  invalidity_date: decision.invalidityDate,
  not_after: decision.notAfter,
  created_at: decision.at,
});

/** Columns in which no row has anything: PostgreSQL cannot tell the type of a list of nothing. */
function withoutEmpty(rows: readonly Readonly<Record<string, unknown>>[]) {
  const filled = Object.keys(rows[0] ?? {}).filter(column => rows.some(row => row[column] !== null));
  return (row: Readonly<Record<string, unknown>>): object =>
    Object.fromEntries(filled.map(column => [column, row[column]]));
}
