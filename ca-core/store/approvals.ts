import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import type { Assertion } from '../approvals/assertion.ts';
import { decodeDocument, signaturesNeeded, type DocumentKind, type SignableDocument } from '../approvals/documents.ts';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { noteEvent, noteRevocationWish } from './audit.ts';
import { isVoided } from './documents.ts';
import { placeListed } from './place-listed.ts';
import { orderId } from './order-id.ts';
import { readJson } from './read-row.ts';
import { stateAtFirst } from './station-requests.ts';
import { takenCases } from './taken-cases.ts';

/** One officer's signature as the approval desk took it. */
export interface ApprovalToRecord extends Approval {
  readonly digest: string;
  readonly at: UnixTime;
  /** Whether an approval that is already there still holds; one that does not gives way. All do where this is absent. */
  readonly holds?: (approval: Approval) => boolean;
}

export interface ApprovalProgress {
  readonly signatures: number;
  readonly needed: number;
  readonly complete: boolean;
  /** Of a list: the cases that changed since, or were ordered by themselves; none of them is ordered. */
  readonly dropped: readonly string[];
}

export interface ApprovalStore {
  readonly of: (digest: string) => Promise<readonly Approval[]>;
  /**
   * Keeps a signature and, when it is the last one needed, places the order in the same transaction.
   * Throws documentUnknown, documentVoided, approverTwice, orderTwice (another document of that case is already ordered).
   */
  readonly record: (approval: ApprovalToRecord) => Promise<ApprovalProgress>;
}

interface DocumentRow {
  digest: string;
  document: string;
}

interface ApprovalRow {
  id: string;
  digest: string;
  member_id: string;
  assertion: string;
  expires_at: number;
  created_at: number;
}

export function openApprovalStore(database: Knex): ApprovalStore {
  return {
    of: digest => approvalsOf(database, digest),
    record: approval => database.transaction(transaction => recordApproval(transaction, approval)),
  };
}

/** Approvals from a row; a row that is not a list holds none. What is in them is judged elsewhere. */
export function readApprovals(text: string): readonly Approval[] {
  try {
    const read: unknown = JSON.parse(text);
    return Array.isArray(read) ? (read as Approval[]) : [];
  } catch {
    return [];
  }
}

async function approvalsOf(database: Knex, digest: string): Promise<readonly Approval[]> {
  const rows = await database<ApprovalRow>('approvals').where({ digest }).orderBy(['created_at', 'id']);
  return rows.map(row => ({
    memberId: row.member_id,
    expiry: row.expires_at,
    assertion: (readJson(row.assertion) ?? {}) as Assertion,
  }));
}

async function recordApproval(transaction: Knex, approval: ApprovalToRecord): Promise<ApprovalProgress> {
  const { digest, memberId, at } = approval;
  const row = await transaction<DocumentRow>('documents').where({ digest }).first();
  if (row === undefined) throw new PkiError('documentUnknown', { digest });
  if (await isVoided(transaction, digest)) throw new PkiError('documentVoided', { digest });
  const document = decodeDocument(row.document);
  const there = await approvalsOf(transaction, digest);
  const before = there.filter(approval.holds ?? (() => true));
  for (const { memberId: gone } of there.filter(one => !before.includes(one))) {
    await transaction<ApprovalRow>('approvals').where({ digest, member_id: gone }).delete();
  }
  if (before.some(one => one.memberId === memberId)) throw new PkiError('approverTwice');
  const needed = signaturesNeeded[document.kind];
  if (before.length >= needed) throw new PkiError('orderTwice');
  await transaction<ApprovalRow>('approvals').insert({
    id: randomUUID(),
    digest,
    member_id: memberId,
    assertion: JSON.stringify(approval.assertion),
    expires_at: approval.expiry,
    created_at: at,
  });
  const details = { kind: document.kind, digest };
  const event = {
    at,
    service: 'approval-desk',
    action: 'document.approved',
    actor: memberId,
    subject: digest,
    details,
  };
  await (cannotWait.has(document.kind) ? noteRevocationWish : noteEvent)(transaction, event);
  const approvals = [...before, { memberId, expiry: approval.expiry, assertion: approval.assertion }];
  const complete = approvals.length >= needed;
  const dropped = complete
    ? await placeOrders(transaction, { document, digest, text: row.document, approvals, at })
    : [];
  return { signatures: approvals.length, needed, complete, dropped };
}

/** What is ordered even where the audit log cannot be written. */
const cannotWait: ReadonlySet<DocumentKind> = new Set(['revocation', 'release', 'massRevocation', 'keyBlock']);

interface CompleteDocument {
  readonly document: SignableDocument;
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  readonly at: UnixTime;
}

/** What the signatures order; of a list each case that is still the one that was signed. Which cases dropped out. */
async function placeOrders(transaction: Knex, complete: CompleteDocument): Promise<readonly string[]> {
  const { document } = complete;
  if (document.kind === 'list') return placeListed(transaction, { ...complete, document });
  await placeOrder(transaction, complete);
  return [];
}

async function placeOrder(transaction: Knex, complete: CompleteDocument): Promise<void> {
  const { document } = complete;
  const approvals = JSON.stringify(complete.approvals);
  const common = { digest: complete.digest, document: complete.text, approvals, created_at: complete.at };
  switch (document.kind) {
    case 'case': {
      if ((await takenCases(transaction, [document.caseId])).size > 0) throw new PkiError('orderTwice');
      await transaction('issuance_orders').insert({
        ...common,
        id: orderId(complete.at),
        case_id: document.caseId,
        state: stateAtFirst(complete.text),
      });
      return;
    }
    case 'list':
    case 'attestation':
      // A list places its orders itself; an attestation orders nothing.
      return;
    case 'revocation':
    case 'release':
      await transaction('revocation_orders').insert({
        ...common,
        id: randomUUID(),
        action: document.kind === 'release' ? 'release' : 'revoke',
        issuer: document.ca,
        serial_number: document.serialNumber,
        asked_by: 'officer',
        state: 'waiting',
      });
      return;
    case 'massRevocation':
      await transaction('mass_revocations').insert({
        ...common,
        ...{ id: randomUUID(), issuer: document.ca, state: 'waiting', revoked: 0, left_out: 0 },
      });
      return;
    case 'keyBlock':
    case 'keyUnblock':
      await transaction('key_orders').insert({ ...common, id: randomUUID(), state: 'waiting' });
      return;
    case 'roll':
      if (
        (await transaction('rolls').where({ number: document.number }).first<object | undefined>('number')) !==
        undefined
      )
        throw new PkiError('rollOutOfOrder', { number: document.number });
      await transaction('rolls').insert({ ...common, number: document.number, authorised_by: 'officers' });
      return;
  }
}
