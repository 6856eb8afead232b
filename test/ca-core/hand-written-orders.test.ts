/** Design §1: an attacker wrote the rows. Orders played again, and intentions of another hand, get nothing signed. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { aRequestedKey, type ACa } from '../support/a-ca.ts';
import { auditedAbout, certificateCount, insertOrder, type AlarmLog } from '../support/by-hand.ts';
import { ecKey, rootTbs } from '../support/certificates.ts';
import { checkPki } from '../support/check-pki.ts';
import { aRunningCa, type ARunningCa } from './support/a-running-ca.ts';

let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
let log: AlarmLog;
beforeAll(async () => {
  running = await aRunningCa();
  ({ platform, clock, log } = running);
});
afterEach(() => running.expectSound());
afterAll(() => running.end());

async function issued(): Promise<CaseDocument> {
  const document = platform.aCase();
  await platform.approve(document);
  await running.settle();
  expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'issued' });
  return document;
}

const tables = ['issuance_orders', 'intentions', 'certificates', 'status_changes', 'deliveries'];
type Copy = readonly (readonly [string, readonly object[]])[];

const copyOfTables = (): Promise<Copy> =>
  Promise.all(tables.map(async table => [table, await platform.database<object>(table)] as const));

async function putBack(copy: Copy): Promise<void> {
  for (const [table, rows] of copy) {
    await platform.database(table).delete();
    for (const row of rows) await platform.database(table).insert(row);
  }
}

describe('an order played again', () => {
  it('is refused although every trace of the first is gone from the database', async () => {
    const document = await issued();
    const row = await platform.database<Record<string, unknown>>('issuance_orders').where('case_id', document.caseId);
    const before = await copyOfTables();
    for (const table of tables) await platform.database(table).delete();
    const again = { ...row[0], id: randomUUID(), state: 'waiting', refusal: null, closed_at: null };
    await platform.database('issuance_orders').insert(again);
    await running.expectRefused(document.caseId, 'caseAlreadySigned');
    await platform.database('issuance_orders').update({ state: 'waiting' });
    await running.restart();
    await running.expectRefused(document.caseId, 'caseAlreadySigned');
    await putBack(before);
  });

  it('is refused although both officers approved the case anew with another key', async () => {
    const document = await issued();
    const before = await copyOfTables();
    for (const table of tables) await platform.database(table).delete();
    await platform.approve({ ...document, subjectKey: aRequestedKey() });
    await running.expectRefused(document.caseId, 'caseAlreadySigned');
    await putBack(before);
  });

  it('finds the certificate again whose row was taken away, and signs nothing else', async () => {
    const document = await issued();
    const before = await platform.store.certificates.ofCase(document.caseId);
    await platform.database('certificates').where({ case_id: document.caseId }).delete();
    await running.restart();
    const after = await platform.store.certificates.ofCase(document.caseId);
    expect(after?.serialNumber).toBe(before?.serialNumber);
    expect(await platform.store.status.of(platform.ca, after?.serialNumber ?? '')).toEqual({ status: 'good' });
  });

  it('takes its own place where another hand has filled it', async () => {
    const document = platform.aCase();
    const { caseId } = document;
    const other = await platform.database<Record<string, unknown>>('certificates').first();
    await platform.database('certificates').insert({ ...other, serial_number: '42', order_id: null, case_id: caseId });
    await platform.database('deliveries').insert({ case_id: caseId, sealed_key: Buffer.of(1), expires_at: 1 });
    await platform.approve(document);
    await running.settle();
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    expect((await platform.store.certificates.ofCase(caseId))?.serialNumber).not.toBe('42');
    expect((await platform.store.deliveries.state(caseId))?.expiresAt).toBeGreaterThan(clock.now());
  });
});

describe('an intention written by hand', () => {
  const serial_number = '41'.repeat(16);
  /** What a thief would like to have signed: a CA certificate under our name. */
  const caCertificate = (): Buffer => {
    const issuer = running.core.ca.issuer.certificate.subject;
    return Buffer.from(encodeTbsCertificate({ ...rootTbs(ecKey().key), issuer, serialNumber: serial_number }));
  };

  it('is taken out unsigned, and its order judged', async () => {
    const document = platform.aCase();
    const id = randomUUID();
    await insertOrder(platform, document, { approvals: [], state: 'intended', id });
    const row = { order_id: id, case_id: document.caseId, case_digest: digestOf(encodeDocument(document)) };
    const content = { issuer: platform.ca, serial_number, profile: 'jcan-classic', tbs_certificate: caCertificate() };
    await platform.database('intentions').insert({ ...row, ...content, mac: '0'.repeat(64) });
    const before = await certificateCount(platform);
    await running.restart();
    expect(log.alarms).toContain('an intention that this CA core did not write was taken out unsigned');
    await running.expectRefused(document.caseId, 'approvalsMissing');
    expect(await platform.database('intentions').where({ order_id: id })).toEqual([]);
    expect(await certificateCount(platform)).toBe(before);
    expect(await auditedAbout(platform, document.caseId)).toContain('intention.disowned');
  });

  /** An approved case whose CA core ended at a step, and whose TBSCertificate was then replaced. */
  async function replacedAt(point: 'after order.intend' | 'after order.log'): Promise<CaseDocument> {
    await running.stop();
    const atFailpoint = (at: string): Promise<void> =>
      at === point ? Promise.reject(new Error('stop')) : Promise.resolve();
    await running.start({ atFailpoint });
    const document = platform.aCase();
    await platform.approve(document);
    await expect(running.settle()).rejects.toThrow('stop');
    const own = platform.database('intentions').where({ case_id: document.caseId });
    await own.update({ tbs_certificate: caCertificate() });
    await running.restart();
    return document;
  }

  it('is not signed in the place of our own: the order is judged anew', async () => {
    const { caseId } = await replacedAt('after order.intend');
    expect(log.alarms).toContain('an intention that this CA core did not write was taken out unsigned');
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    expect(await platform.store.deliveries.state(caseId)).toMatchObject({ sealed: true });
  });

  it('has nothing else signed in its place once the signer log knows what was to be signed', async () => {
    const signerLog = platform.logOf('signer');
    const { caseId } = await replacedAt('after order.log');
    await running.expectRefused(caseId, 'caseAlreadySigned');
    // What was lost is lost: the sceptic rightly finds a line without its certificate, and nothing else.
    const [fault, ...others] = await checkPki(platform);
    expect(fault).toContain('the signer log has a TBSCertificate for case');
    expect(others).toEqual([]);
    await running.stop();
    signerLog.putBack();
    await running.start();
  });
});
