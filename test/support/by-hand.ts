/** What an attacker with full SQL would do, and what can be seen of it afterwards. */
import { createHash, randomUUID, sign, type KeyObject } from 'node:crypto';
import canonicalize from 'canonicalize';
import { digestOf, encodeDocument, type SignableDocument } from '../../ca-core/approvals/documents.ts';
import type { Log } from '../../ca-core/log.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import type { ACa } from './a-ca.ts';

/** A log whose alarms can be read. */
export interface AlarmLog extends Log {
  readonly alarms: string[];
}

export function alarmLog(): AlarmLog {
  const alarms: string[] = [];
  return { alarms, info: () => undefined, warn: () => undefined, error: (_, message) => void alarms.push(message) };
}

type Row = Readonly<Record<string, unknown>>;

/** Inserts into issuance_orders whatever the attacker likes. The case id. */
export async function insertOrder(
  { database, clock }: ACa,
  document: SignableDocument & { readonly kind: 'case' },
  row: Row & { readonly approvals: unknown },
): Promise<string> {
  const text = encodeDocument(document);
  await database('issuance_orders').insert({
    id: randomUUID(),
    case_id: document.caseId,
    digest: digestOf(text),
    document: text,
    state: 'waiting',
    created_at: clock.now(),
    ...row,
    approvals: JSON.stringify(row.approvals),
  });
  return document.caseId;
}

/** Inserts into revocation_orders whatever the attacker likes. The order's id. */
export async function insertRevocation(
  { database, clock, ca }: ACa,
  document: SignableDocument & { readonly kind: 'revocation' | 'release' },
  row: Row & { readonly approvals?: unknown },
): Promise<string> {
  const id = randomUUID();
  const text = encodeDocument(document);
  await database('revocation_orders').insert({
    id,
    action: document.kind === 'release' ? 'release' : 'revoke',
    issuer: ca,
    serial_number: document.serialNumber,
    asked_by: 'officer',
    digest: digestOf(text),
    document: text,
    state: 'waiting',
    created_at: clock.now(),
    ...row,
    approvals: JSON.stringify(row.approvals ?? []),
  });
  return id;
}

export interface StatementPlan {
  readonly publicKey: Uint8Array;
  /** DER SubjectPublicKeyInfo of the key that is said to be pinned. */
  readonly previous: Uint8Array;
  readonly signedBy: KeyObject;
  readonly requestedAt?: number;
  readonly sequence?: number;
}

/** Places a request for a responder's certificate. Its id. */
export async function requestSigner({ store, ca, clock }: ACa, plan: StatementPlan): Promise<string> {
  const at = clock.now();
  const statement = canonicalize({
    kind: 'signer',
    version: 1,
    ca,
    publicKey: toHex(plan.publicKey),
    previous: createHash('sha256').update(plan.previous).digest('hex'),
    sequence: plan.sequence ?? 1,
    requestedAt: plan.requestedAt ?? at,
  });
  if (statement === undefined) throw new Error('no statement');
  const signature = sign('sha256', Buffer.from(statement), plan.signedBy);
  return store.signers.request({ issuer: ca, statement, signature, at });
}

/** Actions that the audit log holds about a subject, in order. */
export async function auditedAbout({ database }: ACa, subject: string): Promise<readonly string[]> {
  const rows = await database<{ leaf: Buffer; seq: number }>('audit_log').orderBy('seq');
  return rows
    .map(row => fieldsOf(row.leaf))
    .filter(fields => fields[4] === subject)
    .map(fields => fields[2] ?? '');
}

/** The fields of a leaf: at, service, action, actor, subject, then names and values. */
function fieldsOf(leaf: Buffer): readonly string[] {
  const fields: string[] = [];
  for (let at = 1; at < leaf.length;) {
    const length = leaf.readUInt32BE(at);
    fields.push(leaf.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

/** How many certificates are recorded. */
export async function certificateCount({ database }: ACa): Promise<number> {
  return (await database('certificates').count<{ n: number }[]>('* as n'))[0]?.n ?? 0;
}
