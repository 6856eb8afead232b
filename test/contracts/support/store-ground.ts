/** What the contract of the stores is tried upon: one database with all tables, and things to put into it. */
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Approval } from '../../../ca-core/approvals/approval.ts';
import type { AuditEvent } from '../../../ca-core/audit/leaf.ts';
import type { RecordedCertificate } from '../../../ca-core/store/certificates.ts';
import type { Intention } from '../../../ca-core/store/orders.ts';
import type { Store } from '../../../ca-core/store/store.ts';
import { aCaseDocument } from '../../approvals/a-case-document.ts';

/** Both are there once a test runs. */
export interface StoreGround {
  readonly database: Knex;
  readonly store: Store;
}

export const issuer = 'ca'.repeat(32);
/** Beyond 32 bits, as times and counts may be. */
export const late = 5_000_000_000;

export const event = (action = 'a.test'): AuditEvent => ({
  at: late,
  service: 'ca-core',
  action,
  actor: 'nobody',
  subject: '山田',
  details: {},
});

export const approval = (memberId: string): Approval => ({
  memberId,
  expiry: late,
  assertion: { credentialId: 'AA', clientDataJson: 'AA', authenticatorData: 'AA', signature: 'AA' },
});

let drawn = 0;
const drawSerial = (): string => `4a${(++drawn).toString(16).padStart(6, '0')}`;

export function certificateOf(change: Partial<RecordedCertificate> = {}): RecordedCertificate {
  const common = { issuer, serialNumber: drawSerial(), orderId: null, caseId: null, profile: 'test', crlShard: 0 };
  return { ...common, certificate: Uint8Array.of(0, 255, 39), notBefore: 1, notAfter: late, ...change };
}

/** A case that two officers signed. Its id. */
export async function place({ store }: StoreGround, caseId = `K26-${randomUUID().slice(0, 8)}`): Promise<string> {
  const digest = await store.documents.put(aCaseDocument({ ca: issuer, caseId }), late);
  for (const member of ['one', 'other']) await store.approvals.record({ digest, at: late, ...approval(member) });
  return caseId;
}

export function intentionOf(orderId: string, caseId: string, caseDigest: string): Intention {
  const rest = { serialNumber: drawSerial(), profile: 'test', tbsCertificate: Uint8Array.of(48, 0), mac: 'mac' };
  return { orderId, caseId, caseDigest, issuer, ...rest };
}
