import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import { digestOf, encodeDocument, type RevocationDocument } from '../approvals/documents.ts';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { readApprovals } from './approvals.ts';
import { noteOrKeep, noteRevocationWish, type KeepLate } from './audit.ts';
import { readRefusal, type Refusal } from './read-row.ts';
import { recordDecisions, type RecordedDecision } from './status-decisions.ts';

/** A wish to revoke or release, as the database has it: nothing in it is believed before the CA core checked it. */
export interface RevocationOrder {
  readonly id: string;
  readonly action: 'revoke' | 'release';
  readonly issuer: string;
  readonly serialNumber: string;
  readonly askedBy: 'officer' | 'subscriber';
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  readonly state: 'waiting' | 'applied' | 'refused';
  readonly refusal: Refusal | null;
  readonly createdAt: UnixTime;
}

export interface RevocationStore {
  /** The subscriber's own wish, vouched for by the portal. Throws orderTwice where the same wish is already placed. */
  readonly order: (wish: { readonly document: RevocationDocument; readonly at: UnixTime }) => Promise<void>;
  readonly of: (issuer: string, serialNumber: string) => Promise<readonly RevocationOrder[]>;
  /** Officers' first, so that no queue of subscribers' over their rate keeps them waiting; then the oldest. */
  readonly waiting: (limit: number) => Promise<readonly RevocationOrder[]>;
  /** In one transaction; what the database says already changes nothing and leaves no event. All are of one issuer. */
  readonly apply: (decisions: readonly RecordedDecision[]) => Promise<void>;
  readonly refuse: (orderId: string, refusal: PkiError, event: AuditEvent) => Promise<void>;
  readonly close: (orderId: string, at: UnixTime) => Promise<void>;
}

interface OrderRow {
  id: string;
  action: 'revoke' | 'release';
  issuer: string;
  serial_number: string;
  asked_by: 'officer' | 'subscriber';
  digest: string;
  document: string;
  approvals: string;
  state: RevocationOrder['state'];
  refusal: string | null;
  created_at: number;
  closed_at: number | null;
}

export function openRevocationStore(database: Knex, keepLate?: KeepLate): RevocationStore {
  return {
    order: wish => database.transaction(transaction => placeWish(transaction, wish)),
    of: async (issuer, serialNumber) => {
      const rows = await database<OrderRow>('revocation_orders').where({ issuer, serial_number: serialNumber });
      return rows.map(orderOf).sort((one, other) => one.createdAt - other.createdAt);
    },
    waiting: async limit => {
      const rows = await database<OrderRow>('revocation_orders')
        .where({ state: 'waiting' })
        .orderBy(['asked_by', 'created_at'])
        .limit(limit);
      return rows.map(orderOf);
    },
    apply: decisions =>
      database.transaction(async transaction => {
        const events = await recordDecisions(transaction, decisions);
        await noteOrKeep(transaction, events, keepLate);
      }),
    refuse: (orderId, refusal, event) =>
      database.transaction(async transaction => {
        const text = JSON.stringify({ code: refusal.code, values: refusal.values });
        const closed = { state: 'refused' as const, refusal: text, closed_at: event.at };
        await transaction<OrderRow>('revocation_orders').where({ id: orderId }).update(closed);
        await noteOrKeep(transaction, [event], keepLate);
      }),
    close: async (orderId, at) => {
      await database<OrderRow>('revocation_orders').where({ id: orderId }).update({ state: 'applied', closed_at: at });
    },
  };
}

async function placeWish(transaction: Knex, wish: { document: RevocationDocument; at: UnixTime }): Promise<void> {
  const { document, at } = wish;
  const text = encodeDocument(document);
  const digest = digestOf(text);
  const open = {
    issuer: document.ca,
    serial_number: document.serialNumber,
    asked_by: 'subscriber' as const,
    state: 'waiting' as const,
  };
  const placed = await transaction<OrderRow>('revocation_orders').where(open).orWhere({ digest }).first();
  if (placed !== undefined) throw new PkiError('orderTwice');
  const action = 'revoke' as const;
  await transaction<OrderRow>('revocation_orders').insert({
    ...open,
    id: randomUUID(),
    action,
    digest,
    document: text,
    approvals: '[]',
    created_at: at,
  });
  const details = { reason: document.reason, digest };
  const subject = document.serialNumber;
  const event = { at, service: 'ra-portal', action: 'revocation.asked', actor: 'subscriber', subject, details };
  await noteRevocationWish(transaction, event);
}

function orderOf(row: OrderRow): RevocationOrder {
  return {
    id: row.id,
    action: row.action,
    issuer: row.issuer,
    serialNumber: row.serial_number,
    askedBy: row.asked_by,
    digest: row.digest,
    text: row.document,
    approvals: readApprovals(row.approvals),
    state: row.state,
    refusal: readRefusal(row.refusal),
    createdAt: row.created_at,
  };
}
