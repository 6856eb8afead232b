import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import type { PkiError } from '../errors.ts';
import type { Der } from '../x509/der.ts';
import { readApprovals } from './approvals.ts';
import { noteEvent, noteEvents } from './audit.ts';
import { recordCertificates, type RecordedCertificate } from './certificates.ts';
import { claimRows, leftBehind, type OrderRow, type OrderState } from './claims.ts';
import { lockingTransaction } from './database.ts';
import {
  forgetUnissuedKey,
  putDeliveries,
  recordContainers,
  type Container,
  type SealedDelivery,
} from './containers.ts';
import { insertAll } from './insert-all.ts';
import { readOctets, readOrNonsense, readRefusal, type Refusal } from './read-row.ts';
import { takeUpTokens } from './station-requests.ts';

export type { OrderState };

/** A complete case as the database has it: nothing in it is believed before the CA core checked it. */
export interface IssuanceOrder {
  readonly id: string;
  readonly caseId: string;
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  /** The place in a signed list, as the row has it (approvals/list.ts); null where the case was signed by itself. */
  readonly list: unknown;
  /** What the row has of an LRA's attestation (approvals/attestation.ts); null where it has none. */
  readonly attestation: unknown;
  /** Digest of the attested list, as the row says; it decides nothing but when the order is taken up. */
  readonly attestedList: string | null;
  /** What the row has of a station's request (approvals/station-request.ts); null where it has none. */
  readonly stationRequest: unknown;
}

/** What will be signed, written down before it is (design §3, step 5). */
export interface Intention {
  readonly orderId: string;
  readonly caseId: string;
  readonly caseDigest: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly profile: string;
  readonly tbsCertificate: Der;
  /** HMAC of the CA core's home over all of the above: a row written by another hand is never signed. */
  readonly mac: string;
}

export interface OrderStore {
  readonly ofCase: (
    caseId: string,
  ) => Promise<{ readonly state: OrderState; readonly refusal: Refusal | null } | undefined>;
  readonly waiting: () => Promise<number>;
  /** Lets orders wait their turn whose key is on its token by now. How many. */
  readonly takeUpTokens: () => Promise<number>;
  /** Takes up to `limit` waiting orders, oldest first, for one worker. */
  readonly claim: (worker: string, limit: number) => Promise<readonly IssuanceOrder[]>;
  /** Takes over what workers claimed and intended that are not among the busy ones, this worker's own leavings included. */
  readonly takeOver: (worker: string, busy: readonly string[]) => Promise<void>;
  /** The workers that claimed or intended an order which is not closed yet. */
  readonly claimants: () => Promise<readonly (string | null)[]>;
  readonly refuse: (order: IssuanceOrder, refusal: PkiError, event: AuditEvent) => Promise<void>;
  /** Throws, recording nothing, where an order is not this worker's any more. */
  readonly intend: (
    worker: string,
    intentions: readonly Intention[],
    deliveries: readonly SealedDelivery[],
    events: readonly AuditEvent[],
  ) => Promise<void>;
  /** Intentions whose certificate is not recorded yet, but those that a busy worker is at. */
  readonly unfinished: (limit: number, busy: readonly string[]) => Promise<readonly Intention[]>;
  /** Takes an intention out that no CA core of this home wrote; its order, if there is one, is judged anew. */
  readonly disown: (intention: Intention, event: AuditEvent) => Promise<void>;
  /** With the PKCS#12 of those whose keys leave in one. */
  readonly issue: (
    certificates: readonly RecordedCertificate[],
    events: readonly AuditEvent[],
    at: UnixTime,
    containers?: readonly Container[],
  ) => Promise<void>;
}

interface IntentionRow {
  order_id: string;
  case_id: string;
  case_digest: string;
  issuer: string;
  serial_number: string;
  profile: string;
  tbs_certificate: Buffer;
  mac: string;
}

export function openOrderStore(database: Knex): OrderStore {
  return {
    ofCase: async caseId => {
      const row = await database<OrderRow>('issuance_orders').where({ case_id: caseId }).first();
      return row && { state: row.state, refusal: readRefusal(row.refusal) };
    },
    waiting: async () => {
      const rows = await database('issuance_orders')
        .whereIn('state', ['waiting', 'claimed', 'intended'])
        .count<{ n: number }[]>('* as n');
      return rows[0]?.n ?? 0;
    },
    takeUpTokens: () => takeUpTokens(database),
    claim: (worker, limit) => claimOrders(database, worker, limit),
    takeOver: async (worker, busy) => {
      await leftBehind(database, busy, 'claimed').update({ state: 'waiting', claimed_by: null });
      await leftBehind(database, busy, 'intended').update({ claimed_by: worker });
    },
    claimants: () =>
      database<OrderRow>('issuance_orders').whereIn('state', ['claimed', 'intended']).distinct().pluck('claimed_by'),
    refuse: (order, refusal, event) =>
      lockingTransaction(database, async transaction => {
        await closeRefused(transaction, order.id, refusal, event.at);
        await noteEvent(transaction, event);
      }),
    intend: (worker, intentions, deliveries, events) =>
      lockingTransaction(database, async transaction => {
        await setIntended(
          transaction,
          worker,
          intentions.map(one => one.orderId),
        );
        await insertAll(transaction, 'intentions', intentions.map(intentionRow));
        await putDeliveries(transaction, deliveries);
        await noteEvents(transaction, events);
      }),
    unfinished: (limit, busy) => unfinishedIntentions(database, limit, busy),
    disown: (intention, event) => disownIntention(database, intention, event),
    issue: (certificates, events, at, containers = []) =>
      lockingTransaction(database, async transaction => {
        await recordContainers(transaction, containers);
        await recordIssued(transaction, certificates, events, at);
      }),
  };
}

async function disownIntention(database: Knex, intention: Intention, event: AuditEvent): Promise<void> {
  await database.transaction(async transaction => {
    await transaction('intentions').where({ order_id: intention.orderId }).delete();
    await forgetUnissuedKey(transaction, intention.caseId);
    await transaction<OrderRow>('issuance_orders')
      .where({ id: intention.orderId, state: 'intended' })
      .update({ state: 'waiting' });
    await noteEvent(transaction, event);
  });
}

async function claimOrders(database: Knex, worker: string, limit: number): Promise<readonly IssuanceOrder[]> {
  return (await claimRows(database, { worker, limit })).map(row => ({
    id: row.id,
    caseId: row.case_id,
    digest: row.digest,
    text: row.document,
    approvals: readApprovals(row.approvals),
    list: readOrNonsense(row.list),
    attestation: readOrNonsense(row.attestation),
    attestedList: row.attested_list,
    stationRequest: readOrNonsense(row.station_request),
  }));
}

async function closeRefused(transaction: Knex, id: string, refusal: PkiError, at: UnixTime): Promise<void> {
  const text = JSON.stringify({ code: refusal.code, values: refusal.values });
  await transaction<OrderRow>('issuance_orders')
    .where({ id })
    .update({ state: 'refused', refusal: text, closed_at: at });
}

async function setIntended(transaction: Knex, worker: string, ids: readonly string[]): Promise<void> {
  const intended = await transaction<OrderRow>('issuance_orders')
    .where({ state: 'claimed', claimed_by: worker })
    .whereIn('id', [...ids])
    .update({ state: 'intended' });
  if (intended !== ids.length) throw new Error('another worker took over what this one had claimed');
}

async function unfinishedIntentions(
  database: Knex,
  limit: number,
  busy: readonly string[],
): Promise<readonly Intention[]> {
  const rows = await database('intentions')
    .leftJoin('certificates', 'intentions.order_id', 'certificates.order_id')
    .leftJoin('issuance_orders', 'intentions.order_id', 'issuance_orders.id')
    .whereNull('certificates.order_id')
    .where(claim => void claim.whereNull('claimed_by').orWhereNotIn('claimed_by', [...busy]))
    .limit(limit)
    .select<IntentionRow[]>('intentions.*');
  return rows.map(row => ({
    orderId: row.order_id,
    caseId: row.case_id,
    caseDigest: row.case_digest,
    issuer: row.issuer,
    serialNumber: row.serial_number,
    profile: row.profile,
    tbsCertificate: readOctets(row.tbs_certificate),
    mac: row.mac,
  }));
}

async function recordIssued(
  transaction: Knex,
  certificates: readonly RecordedCertificate[],
  events: readonly AuditEvent[],
  at: UnixTime,
): Promise<void> {
  const ids = certificates.flatMap(one => (one.orderId === null ? [] : [one.orderId]));
  await transaction<OrderRow>('issuance_orders').whereIn('id', ids).update({ state: 'issued', closed_at: at });
  await noteEvents(transaction, events);
  // Last, since status changes are recorded by one transaction after the other.
  await recordCertificates(transaction, certificates, at);
}

/** As the table has it. */
export const intentionRow = (intention: Intention): object => ({
  order_id: intention.orderId,
  case_id: intention.caseId,
  case_digest: intention.caseDigest,
  issuer: intention.issuer,
  serial_number: intention.serialNumber,
  profile: intention.profile,
  tbs_certificate: Buffer.from(intention.tbsCertificate),
  mac: intention.mac,
});
