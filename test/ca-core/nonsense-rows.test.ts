/** Whatever stands in a column, the turn goes on and others are served. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { alarmLog } from '../support/by-hand.ts';
import { checkPki } from '../support/check-pki.ts';

const clock = aClock();
const log = alarmLog();
let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa({ clock });
  core = await platform.open({ log });
  await settle(core);
});
afterAll(async () => {
  await core.close();
  await platform.end();
});

const nonsense: readonly unknown[] = [
  'not json',
  'null',
  '[null]',
  '[5]',
  '{}',
  '"text"',
  '{"kind":"case"}',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  Buffer.from('7b7d', 'hex'),
  Buffer.of(0xff, 0xfe),
  12_345_678_901,
  -1,
  '\u0000',
];

type Row = Record<string, unknown>;
const text = (): string => randomUUID();

/** A row of each table that a CA core reads, and the columns that an attacker fills with nonsense. */
const rows: Record<string, { row: () => Row; columns: readonly string[] }> = {
  issuance_orders: {
    row: () => ({ id: text(), case_id: text(), digest: text(), document: '{}', approvals: '[]', state: 'waiting' }),
    columns: ['id', 'case_id', 'digest', 'document', 'approvals', 'refusal', 'created_at'],
  },
  revocation_orders: {
    row: () => ({
      ...{ id: text(), action: 'revoke', issuer: platform.ca, serial_number: '42', asked_by: 'officer' },
      ...{ digest: text(), document: '{}', approvals: '[]', state: 'waiting' },
    }),
    columns: ['id', 'issuer', 'serial_number', 'asked_by', 'digest', 'document', 'approvals', 'refusal', 'created_at'],
  },
  mass_revocations: {
    row: () => ({
      ...{ id: text(), digest: text(), issuer: platform.ca, document: '{}', approvals: '[]', state: 'waiting' },
      ...{ revoked: 0, left_out: 0 },
    }),
    columns: ['id', 'digest', 'issuer', 'document', 'approvals', 'revoked', 'refusal', 'created_at'],
  },
  serial_lists: { row: () => ({ digest: text(), serial_numbers: '' }), columns: ['digest', 'serial_numbers'] },
  key_orders: {
    row: () => ({ id: text(), digest: text(), document: '{}', approvals: '[]', state: 'waiting' }),
    columns: ['id', 'digest', 'document', 'approvals', 'refusal', 'created_at'],
  },
  blocked_keys: { row: () => ({ key: text(), digest: text() }), columns: ['key', 'digest', 'created_at'] },
  rolls: {
    row: () => ({ number: 2, digest: text(), document: '{}', approvals: '[]', authorised_by: 'officers' }),
    columns: ['digest', 'document', 'approvals', 'authorised_by'],
  },
  signer_requests: {
    row: () => ({ id: text(), issuer: platform.ca, statement: '{}', signature: Buffer.of(1), state: 'waiting' }),
    columns: ['id', 'issuer', 'statement', 'signature', 'certificate', 'refusal'],
  },
  crl_orders: {
    row: () => ({ id: text(), issuer: platform.ca, because: 'x' }),
    columns: ['id', 'because', 'created_at'],
  },
  crls: {
    row: () => ({
      ...{ issuer: platform.ca, crl_number: 7777, crl: Buffer.of(1), this_update: 1, next_update: 2 },
      ...{ entries: 0, through_seq: 0 },
    }),
    columns: ['crl_number', 'crl', 'this_update', 'through_seq'],
  },
  status_changes: {
    row: () => ({ issuer: platform.ca, serial_number: '43', change: 'revoked', not_after: 1 }),
    columns: ['serial_number', 'change', 'reason', 'revoked_at', 'not_after'],
  },
  intentions: {
    row: () => ({
      ...{ order_id: text(), case_id: text(), case_digest: text(), issuer: platform.ca, serial_number: text() },
      ...{ profile: 'jcan-classic', tbs_certificate: Buffer.of(1), mac: 'x' },
    }),
    columns: ['order_id', 'case_id', 'issuer', 'serial_number', 'profile', 'tbs_certificate', 'mac'],
  },
  deliveries: {
    row: () => ({ case_id: text(), sealed_key: Buffer.of(1), expires_at: 1 }),
    columns: ['case_id', 'sealed_key', 'expires_at'],
  },
  audit_outbox: { row: () => ({ event: '{}' }), columns: ['event'] },
  documents: {
    row: () => ({ digest: text(), kind: 'case', subject_id: text(), document: '{}' }),
    columns: ['digest', 'kind', 'subject_id', 'document'],
  },
};

async function insertNonsense(table: string): Promise<void> {
  const { row, columns } = rows[table] ?? { row: () => ({}), columns: [] };
  const dated = table === 'audit_outbox' || table === 'intentions' || table === 'deliveries' ? {} : { created_at: 1 };
  for (const column of columns)
    for (const value of nonsense) {
      const insert = platform.database(table).insert({ ...dated, ...row(), [column]: value });
      // What the table itself refuses needs nobody else to refuse it.
      await insert.catch(() => undefined);
      if (table === 'rolls') await settle(core);
    }
}

async function expectServed(): Promise<void> {
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  await platform.approve(document);
  await settle(core);
  const row = await platform.store.certificates.ofCase(document.caseId);
  expect(row).toBeDefined();
  const revocation = {
    kind: 'revocation',
    version: 1,
    ca: platform.ca,
    serialNumber: row?.serialNumber ?? '',
  } as const;
  const why = { reason: 'superseded', invalidityDate: null, requestedAt: clock.now() } as const;
  await platform.approve({ ...revocation, ...why }, [platform.officers[0]]);
  clock.pass(60);
  await settle(core);
  expect(await platform.store.status.of(platform.ca, row?.serialNumber ?? '')).toMatchObject({ status: 'revoked' });
}

describe('nonsense', () => {
  it.each(Object.keys(rows))('in %s stops nobody', async table => {
    const before = Number((await platform.database('certificates').count<{ n: number }[]>('* as n'))[0]?.n);
    await insertNonsense(table);
    await settle(core);
    await expectServed();
    await core.close();
    core = await platform.open({ log });
    await settle(core);
    await expectServed();
    const after = Number((await platform.database('certificates').count<{ n: number }[]>('* as n'))[0]?.n);
    expect(after).toBe(before + 2);
    expect((await platform.store.documents.awaiting()).every(one => one.document.kind === one.kind)).toBe(true);
    await platform.database('issuance_orders').whereNotIn('state', ['issued', 'refused']).delete();
    await platform.database('status_changes').where({ serial_number: '43' }).delete();
    await platform.database('crls').where('crl_number', '<', 1).delete();
    clock.pass(60);
    await settle(core);
    expect(await checkPki(platform)).toEqual([]);
  });

  it('for a row without its key is no row at all', async () => {
    const order = { ...rows['issuance_orders']?.row(), id: null, created_at: 1 };
    await expect(platform.database('issuance_orders').insert(order)).rejects.toThrow(/not.null/i);
    const intention = { ...rows['intentions']?.row(), order_id: null };
    await expect(platform.database('intentions').insert(intention)).rejects.toThrow(/not.null/i);
  });
});
