/** If the audit log cannot be written, issuing stops; revocation, its status and CRLs go on, and are backfilled, marked. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RevocationDocument } from '../../ca-core/approvals/documents.ts';
import { judgeAuditLog } from '../../ca-core/audit/judge.ts';
import type { AuditEvent } from '../../ca-core/audit/leaf.ts';
import { liveLog, storedLines } from '../../ca-core/audit/live-log.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { aCa, aClock, settle, type ACa } from '../support/a-ca.ts';
import { breakTable, mendTable } from '../support/broken-table.ts';
import { checkPki } from '../support/check-pki.ts';

let platform: ACa;
let core: OpenCa;
let clock: ReturnType<typeof aClock>;

beforeEach(async () => {
  clock = aClock();
  platform = await aCa({ clock });
  core = await platform.open();
  await settle(core);
});
afterEach(async () => {
  await core.close();
  await platform.end();
});

async function issued(): Promise<string> {
  const { caseId } = await order();
  await settle(core);
  const row = await platform.store.certificates.ofCase(caseId);
  if (row === undefined) throw new Error('not issued');
  return row.serialNumber;
}

async function order(): Promise<{ readonly caseId: string }> {
  const document = platform.aCase();
  await platform.approve(document);
  return document;
}

function revocationOf(serialNumber: string): RevocationDocument {
  return {
    kind: 'revocation',
    version: 1,
    ca: platform.ca,
    serialNumber,
    reason: 'keyCompromise',
    invalidityDate: null,
    requestedAt: clock.now(),
  };
}

async function events(action: string): Promise<AuditEvent[]> {
  const all: AuditEvent[] = [];
  for await (const { leaf } of storedLines(platform.store.audit)) {
    const event = eventOf(leaf);
    if (event?.action === action) all.push(event);
  }
  return all;
}

/** A turn fails, as often as it is taken; the status part of it was done before. */
async function expectStopped(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) {
    clock.pass(10);
    await expect(core.turn()).rejects.toThrow();
  }
}

async function expectRevoked(serialNumber: string): Promise<void> {
  expect(await platform.store.status.of(platform.ca, serialNumber)).toMatchObject({ status: 'revoked' });
  const crl = await platform.store.crls.newest(platform.ca);
  expect(crl && [...readCrl(crl.crl).entries].map(entry => entry.serialNumber)).toContain(serialNumber);
}

async function expectWhole(): Promise<void> {
  const log = liveLog(platform.store.audit, { folder: join(platform.settings.home, 'ca', 'audit') });
  expect(log && (await judgeAuditLog(log)).faults).toEqual([]);
  expect(await checkPki({ settings: platform.settings, database: platform.database, clock })).toEqual([]);
}

const raise = (table: string): Promise<void> => breakTable(platform.database, table);
const mend = (): Promise<void> => mendTable(platform.database);

describe('while the log table cannot be written', () => {
  it('nothing is issued, revocations and CRLs go on; then all of it comes into the log', async () => {
    const serialNumber = await issued();
    const { caseId } = await order();
    await raise('audit_log');
    await platform.approve(revocationOf(serialNumber), [platform.officers[0]]);
    await expectStopped();
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'waiting' });
    await expectRevoked(serialNumber);
    await mend();
    await settle(core);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    expect(await events('certificate.revoked')).toMatchObject([{ subject: serialNumber }]);
    await expectWhole();
  });
});

describe('while the outbox cannot be written', () => {
  it('revocations by officers and subscribers are taken, journalled, on the CRL, and backfilled, marked', async () => {
    const [byOfficer, bySubscriber] = [await issued(), await issued()];
    const { caseId } = await order();
    await raise('audit_outbox');
    await platform.approve(revocationOf(byOfficer), [platform.officers[0]]);
    await platform.store.revocations.order({ document: revocationOf(bySubscriber), at: clock.now() });
    await expectStopped();
    for (const serialNumber of [byOfficer, bySubscriber]) await expectRevoked(serialNumber);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'waiting' });
    await expect(order()).rejects.toThrow('malformed');
    expect(await events('certificate.revoked')).toEqual([]);
    await mend();
    clock.pass(10);
    await settle(core);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    const revoked = await events('certificate.revoked');
    expect(revoked.map(({ subject }) => subject).sort()).toEqual([byOfficer, bySubscriber].sort());
    const crls = (await events('crl.issued')).filter(({ details }) => details.backfilled !== undefined);
    expect(crls.length).toBeGreaterThan(0);
    for (const { details } of revoked) expect(details.backfilled).toMatch(/^[0-9a-f-]{36}$/);
    await expectWhole();
  });

  it('what waits is not forgotten by a restart', async () => {
    const serialNumber = await issued();
    await raise('audit_outbox');
    await platform.store.revocations.order({ document: revocationOf(serialNumber), at: clock.now() });
    await expectStopped();
    await core.close();
    core = await platform.open();
    await expectStopped();
    await mend();
    clock.pass(10);
    await settle(core);
    expect(await events('certificate.revoked')).toHaveLength(1);
    await expectWhole();
  });
});

describe('while the checkpoints’ folder cannot be written', () => {
  it('issuing stops, even over a restart, and goes on when it can', async () => {
    const serialNumber = await issued();
    const folder = join(platform.settings.home, 'ca', 'audit');
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, 'a file where a folder should be');
    const { caseId } = await order();
    await platform.store.revocations.order({ document: revocationOf(serialNumber), at: clock.now() });
    await expectStopped();
    await core.close();
    core = await platform.open();
    await expectStopped();
    await expectRevoked(serialNumber);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'waiting' });
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
    clock.pass(10);
    await settle(core);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    await expectWhole();
  });
});

describe('while the log is not the one of its checkpoint', () => {
  it('issuing stops, status goes on', async () => {
    const serialNumber = await issued();
    await core.close();
    const cut = (await platform.database('audit_log').orderBy('seq', 'desc').first()) as { seq: number };
    await platform.database('audit_log').where({ seq: cut.seq }).delete();
    const { caseId } = await order();
    core = await platform.open();
    await platform.store.revocations.order({ document: revocationOf(serialNumber), at: clock.now() });
    await expectStopped();
    await expectRevoked(serialNumber);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'waiting' });
    await platform.database('audit_log').insert(cut);
    await settle(core);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    await expectWhole();
  });

  it('an intention that was recorded is signed no sooner than the log is whole', async () => {
    await core.close();
    const stopping = new Error('stopped');
    core = await platform.open({
      atFailpoint: point => (point === 'after order.intend' ? Promise.reject(stopping) : Promise.resolve()),
    });
    const { caseId } = await order();
    await expect(settle(core)).rejects.toThrow('stopped');
    await core.close();
    await raise('audit_log');
    core = await platform.open();
    await expectStopped();
    expect(core.ca.home.signerLog.tbsOfCase(caseId)).toBeUndefined();
    await mend();
    await settle(core);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    await expectWhole();
  });
});

describe('while the second place cannot be written', () => {
  it('everything goes on, alarmed, and it follows when it can', async () => {
    await core.close();
    const auditCopy = join(platform.settings.home, 'copy');
    writeFileSync(auditCopy, 'a file where a folder should be');
    core = await openCa({ ...platform.settings, auditCopy }, { log: silentLog, clock });
    clock.pass(10);
    await issued();
    const state = async () => (await platform.store.states.all()).find(({ service }) => service === 'audit-copy');
    expect(await state()).toMatchObject({ state: 'red' });
    rmSync(auditCopy);
    clock.pass(10);
    await settle(core);
    expect(await state()).toMatchObject({ state: 'green', detail: '' });
    const places = { folder: join(platform.settings.home, 'ca', 'audit'), copy: auditCopy };
    const log = liveLog(platform.store.audit, places);
    expect(log && (await judgeAuditLog(log)).faults).toEqual([]);
    expect(log?.sources[1]?.notes.at(-1)).toBe(log?.sources[0]?.notes.at(-1));
  });
});
