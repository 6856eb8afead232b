import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPostgres } from '../../ca-core/store/database.ts';
import { silentLog } from '../../ca-core/log.ts';
import type { CrlEntry, CrlReason } from '../../ca-core/x509/crl-entries.ts';
import { followStatus } from '../../ocsp-responder/follow-status.ts';
import { openOwnStatuses, type OwnStatuses } from '../../ocsp-responder/status-store.ts';
import { refusalFrom } from '../support/refusal.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { aCrl, realNow } from '../support/small-pki.ts';

const serialNumber = '80aa01';
let ca: SmallCa;
let statuses: OwnStatuses;
let follow: () => Promise<void>;
let changed: number[];
const clock = { at: realNow(), now: () => clock.at };

beforeEach(async () => {
  ca = await aSmallCa();
  clock.at = realNow();
  changed = [];
  await open();
});
afterEach(async () => {
  await statuses.close();
  await ca.close();
});

async function open(): Promise<void> {
  statuses = await openOwnStatuses(join(ca.home, 'status.jsonl'), slot => changed.push(slot));
  follow = followStatus({ ...ca.store, statuses, issuer: ca.pki.issuing, ca: ca.pki.ca, clock, log: silentLog });
}

/** A restart: everything is read from the disk again. */
async function reopen(): Promise<void> {
  await statuses.close();
  await open();
}

const statusOf = (): string | undefined => statuses.of(serialNumber)?.status;
const listed = (reason: CrlReason, revokedAt = clock.at - 10): CrlEntry => ({
  serialNumber,
  revokedAt,
  reason,
  invalidityDate: null,
});
const crlAt = (crlNumber: bigint, thisUpdate: number, entries: readonly CrlEntry[] = []) =>
  ca.pki.crl({ crlNumber, thisUpdate, nextUpdate: thisUpdate + 86_400, entries });

async function revoked(reason: CrlReason): Promise<void> {
  await ca.issue(serialNumber);
  await ca.change({ serialNumber, change: 'revoked', reason, revokedAt: clock.at - 10 });
  await follow();
  expect(statusOf()).toBe('revoked');
}

describe('following', () => {
  it('a certificate is good after one round, revoked after another, and both survive a restart', async () => {
    await ca.issue(serialNumber);
    expect(statusOf()).toBeUndefined();
    await follow();
    expect(statusOf()).toBe('good');
    await ca.change({ serialNumber, change: 'revoked', reason: 'superseded', revokedAt: clock.at - 10 });
    await follow();
    expect(statuses.of(serialNumber)).toMatchObject({
      status: 'revoked',
      reason: 'superseded',
      revokedAt: clock.at - 10,
    });
    expect(changed).toEqual([0, 0]);
    await reopen();
    expect(statusOf()).toBe('revoked');
    expect(statuses.reached()).toMatchObject({ seq: 2, at: clock.at });
  });

  it('more changes than one batch are all followed', async () => {
    await ca.issue(serialNumber);
    const row = { issuer: ca.pki.ca, serial_number: serialNumber, change: 'issued', not_after: 1, created_at: 1 };
    await ca.database.batchInsert(
      'status_changes',
      Array.from({ length: 1_300 }, () => row),
      100,
    );
    await follow();
    expect(statuses.reached().seq).toBe(1_301);
  });

  it('a hold that is released by the CA is good again', async () => {
    await revoked('certificateHold');
    await ca.recordCrl(await crlAt(1n, clock.at - 5, [listed('certificateHold')]));
    await follow();
    await ca.change({ serialNumber, change: 'released' });
    await follow();
    expect(statusOf()).toBe('revoked');
    await reopen();
    await ca.recordCrl(await crlAt(2n, clock.at));
    await follow();
    expect(statusOf()).toBe('good');
    await reopen();
    expect(statusOf()).toBe('good');
  });

  it('what the CRL says of time and reason counts more than the row', async () => {
    await revoked('superseded');
    await ca.recordCrl(await crlAt(1n, clock.at, [listed('keyCompromise', clock.at - 500)]));
    await ca.change({ serialNumber: 'ff', change: 'released' });
    await follow();
    expect(statuses.of(serialNumber)).toMatchObject({ reason: 'keyCompromise', revokedAt: clock.at - 500 });
  });

  it('without its database it knows what it knew, and since when', async () => {
    await revoked('keyCompromise');
    const known = statuses.reached().at;
    await ca.database.destroy();
    clock.at += 30;
    await expect(follow()).rejects.toThrow();
    expect(statusOf()).toBe('revoked');
    expect(statuses.reached().at).toBe(known);
  });
});

describe('rows written by hand', () => {
  it('an issued row without a certificate, or with one of another CA, makes nothing good', async () => {
    await ca.change({ serialNumber, change: 'issued' });
    await follow();
    expect(statusOf()).toBeUndefined();
    const forger = await aSmallCa();
    await ca.record(await forger.pki.leaf(serialNumber));
    await forger.close();
    await follow();
    expect(statusOf()).toBeUndefined();
  });

  it("another certificate's DER under this serial number makes nothing good", async () => {
    await ca.record(await ca.pki.leaf('0b'), serialNumber);
    await follow();
    expect(statusOf()).toBeUndefined();
  });

  it('removing the revocation un-revokes nothing', async () => {
    await revoked('keyCompromise');
    await ca.database('status_changes').where({ change: 'revoked' }).delete();
    await follow();
    expect(statusOf()).toBe('revoked');
    await ca.database('status_changes').delete();
    await ca.change({ serialNumber, change: 'issued' });
    await follow();
    await reopen();
    await follow();
    expect(statusOf()).toBe('revoked');
  });

  it('a release un-revokes nothing while the CA lists the certificate', async () => {
    await revoked('certificateHold');
    await ca.change({ serialNumber, change: 'released' });
    await ca.recordCrl(await crlAt(2n, clock.at, [listed('certificateHold')]));
    await follow();
    expect(statusOf()).toBe('revoked');
  });

  it('a release of what was revoked for good un-revokes nothing, even off the CRL', async () => {
    await revoked('keyCompromise');
    await ca.change({ serialNumber, change: 'released' });
    await ca.recordCrl(await crlAt(2n, clock.at));
    await follow();
    expect(statusOf()).toBe('revoked');
  });

  it.each([
    ['signed by another key', async () => aCrl({ crlNumber: 9n, entries: [] }, ca.pki.issuing, ca.pki.rootKey)],
    ["of another CA's name", async () => aCrl({ crlNumber: 9n, entries: [] }, ca.pki.root, ca.pki.issuingKey)],
    ['made before the revocation', () => crlAt(9n, clock.at - 11)],
    ['not newer than the last one', () => crlAt(1n, clock.at)],
    ['from the future', () => crlAt(9n, clock.at + 1_000)],
  ])('a release with a CRL %s un-revokes nothing', async (_, crl) => {
    await ca.recordCrl(await crlAt(1n, clock.at - 100));
    await revoked('certificateHold');
    await ca.change({ serialNumber, change: 'released' });
    await follow();
    await ca.database('crls').delete();
    await ca.recordCrl(await crl(), { crlNumber: 1_000 });
    clock.at += 61;
    await follow();
    expect(statusOf()).toBe('revoked');
  });

  it('an expired certificate that left the CRL is not released by a row', async () => {
    await ca.issue(serialNumber, clock.at - 5);
    await ca.change({ serialNumber, change: 'revoked', reason: 'certificateHold', revokedAt: clock.at - 10 });
    await follow();
    await ca.change({ serialNumber, change: 'released' });
    await ca.recordCrl(await crlAt(3n, clock.at));
    await follow();
    expect(statusOf()).toBe('revoked');
  });

  it('a hold written over a compromise softens nothing', async () => {
    await revoked('keyCompromise');
    await ca.change({ serialNumber, change: 'revoked', reason: 'certificateHold', revokedAt: clock.at });
    await ca.recordCrl(await crlAt(4n, clock.at, [listed('certificateHold')]));
    await follow();
    expect(statuses.of(serialNumber)).toMatchObject({ reason: 'keyCompromise' });
  });

  it('a database set back to before the revocation un-revokes nothing, and new rows are followed', async () => {
    await revoked('keyCompromise');
    await ca.database('status_changes').delete();
    await (isPostgres(ca.database)
      ? ca.database.raw("SELECT setval('status_changes_seq_seq', 1, false)")
      : ca.database('sqlite_sequence').where({ name: 'status_changes' }).delete());
    await ca.issue('0d');
    await follow();
    expect(statuses.of('0d')?.status).toBe('good');
    expect(statusOf()).toBe('revoked');
  });
});

describe('the journal', () => {
  it('drops a last line that a crash cut short', async () => {
    await revoked('keyCompromise');
    await statuses.close();
    const file = join(ca.home, 'status.jsonl');
    appendFileSync(file, '{"is":"good","serialNumber":"80aa01","notA');
    await open();
    expect(statusOf()).toBe('revoked');
    expect(readFileSync(file, 'utf8').endsWith('\n')).toBe(true);
  });

  it('is not believed in part: a broken line in the middle stops the start', async () => {
    await revoked('keyCompromise');
    await statuses.close();
    const file = join(ca.home, 'status.jsonl');
    appendFileSync(file, 'nonsense\n');
    expect((await refusalFrom(open()))?.code).toBe('storeUnavailable');
    const whole = readFileSync(file, 'utf8').replace('nonsense\n', '');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, whole);
    await open();
  });
});
