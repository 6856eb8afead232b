/** Design §1 again: no row un-revokes, no row has the CA sign a CRL or a responder's certificate it would not. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Approval } from '../../ca-core/approvals/approval.ts';
import type { ReleaseDocument, RevocationDocument, RevocationReason } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa, usualDatabase } from '../support/a-ca.ts';
import { alarmLog, auditedAbout, certificateCount, insertRevocation, requestSigner } from '../support/by-hand.ts';
import { ecKey } from '../support/certificates.ts';
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
afterEach(async () => {
  log.alarms.length = 0;
  await nextCrl();
  expect(await checkPki(platform)).toEqual([]);
});
afterAll(async () => {
  await core.close();
  await platform.end();
});

/** Time for another CRL, and all that there is to do. */
async function nextCrl(): Promise<void> {
  clock.pass(60);
  await settle(core);
}

async function restart(): Promise<void> {
  await core.close();
  core = await platform.open({ log });
  await settle(core);
}

async function issuedOne(): Promise<string> {
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  await platform.approve(document);
  await settle(core);
  const row = await platform.store.certificates.ofCase(document.caseId);
  if (row === undefined) throw new Error('nothing was issued');
  return row.serialNumber;
}

const revocationOf = (serialNumber: string, reason: RevocationReason = 'keyCompromise'): RevocationDocument => ({
  kind: 'revocation',
  version: 1,
  ca: platform.ca,
  serialNumber,
  reason,
  invalidityDate: null,
  requestedAt: clock.now(),
});
const releaseOf = (serialNumber: string): ReleaseDocument => ({
  kind: 'release',
  version: 1,
  ca: platform.ca,
  serialNumber,
  requestedAt: clock.now(),
});

async function revokedOne(reason: RevocationReason = 'keyCompromise'): Promise<string> {
  const serialNumber = await issuedOne();
  await platform.approve(revocationOf(serialNumber, reason), [platform.officers[0]]);
  await nextCrl();
  expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason });
  return serialNumber;
}

const statusOf = (serialNumber: string) => platform.store.status.of(platform.ca, serialNumber);
const bothApprove = (document: ReleaseDocument | RevocationDocument): Approval[] =>
  platform.officers.map(officer => officer.approve(document));

async function listed(): Promise<readonly string[]> {
  const newest = await platform.store.crls.newest(platform.ca);
  return [...readCrl(newest?.crl ?? new Uint8Array()).entries].map(entry => entry.serialNumber);
}

async function expectRevoked(serialNumber: string): Promise<void> {
  await nextCrl();
  expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked' });
  expect(await listed()).toContain(serialNumber);
}

async function stateOf(id: string): Promise<unknown> {
  await settle(core);
  const row = await platform.database('revocation_orders').where({ id }).first<{ state: string; refusal: string }>();
  return row.state === 'refused' ? (JSON.parse(row.refusal) as { code: string }).code : row.state;
}

describe('a revocation', () => {
  it.each<[string, (serialNumber: string) => Promise<unknown>]>([
    ['whose change is deleted', serial => decisionsOf(serial).delete()],
    ['whose change is turned into an issue', serial => decisionsOf(serial).update({ change: 'issued' })],
    ['whose every change is deleted', serial => changesOf(serial).delete()],
    ['after which a release is written', serial => insertChange(serial, 'released')],
    ['after which the issue is written again', serial => insertChange(serial, 'issued')],
    [
      'whose orders are deleted too',
      async serial => {
        await platform.database('revocation_orders').where({ serial_number: serial }).delete();
        await decisionsOf(serial).delete();
      },
    ],
  ])('%s stays one', async (_, attack) => {
    const serialNumber = await revokedOne();
    await attack(serialNumber);
    await expectRevoked(serialNumber);
    await restart();
    await expectRevoked(serialNumber);
  });

  it('that was deleted is put back, audited and alarmed', async () => {
    const serialNumber = await revokedOne();
    await decisionsOf(serialNumber).delete();
    await expectRevoked(serialNumber);
    expect(await auditedAbout(platform, serialNumber)).toContain('status.mended');
    expect(log.alarms).toContain('the database disagreed with the journal about a status; it was mended');
  });

  it('that nobody decided is taken back', async () => {
    const serialNumber = await issuedOne();
    await insertChange(serialNumber, 'revoked');
    await nextCrl();
    expect(await statusOf(serialNumber)).toEqual({ status: 'good' });
    expect(await listed()).not.toContain(serialNumber);
  });

  it('keeps its reason and its time', async () => {
    const serialNumber = await revokedOne();
    const before = await statusOf(serialNumber);
    await decisionsOf(serialNumber).update({ reason: 'certificateHold', revoked_at: 1 });
    await restart();
    expect(await statusOf(serialNumber)).toEqual(before);
  });

  it('of an officer needs an officer', async () => {
    const serialNumber = await issuedOne();
    const document = revocationOf(serialNumber);
    const by = platform.officers[0].approveWithSignIn(document);
    expect(await stateOf(await insertRevocation(platform, document, { approvals: [] }))).toBe('approvalsMissing');
    await platform.database('revocation_orders').delete();
    expect(await stateOf(await insertRevocation(platform, document, { approvals: [by] }))).toBe('approverUnknown');
    await platform.database('revocation_orders').delete();
    const unheardOf = { approvals: [], asked_by: 'auditor' };
    expect(await stateOf(await insertRevocation(platform, document, unheardOf))).toBe('approvalsMissing');
    expect(await statusOf(serialNumber)).toEqual({ status: 'good' });
  });

  it('says which certificate, and it is the signed document that says so', async () => {
    const [one, other] = [await issuedOne(), await issuedOne()];
    const document = revocationOf(one);
    const approvals = [platform.officers[0].approve(document)];
    expect(await stateOf(await insertRevocation(platform, document, { approvals, serial_number: other }))).toBe(
      'digestMismatch',
    );
    expect(await statusOf(one)).toEqual({ status: 'good' });
    expect(await statusOf(other)).toEqual({ status: 'good' });
  });

  const changesOf = (serial: string) => platform.database('status_changes').where({ serial_number: serial });
  const decisionsOf = (serial: string) => changesOf(serial).whereNot({ change: 'issued' });
  const insertChange = async (serial: string, change: string): Promise<void> => {
    const row = { issuer: platform.ca, serial_number: serial, change, created_at: clock.now() };
    const revokedAt = change === 'revoked' ? clock.now() : null;
    await platform.database('status_changes').insert({ ...row, revoked_at: revokedAt, not_after: clock.now() + 9999 });
  };
});

describe('a release', () => {
  it.each<[string, string, (document: ReleaseDocument) => unknown]>([
    ['without assertions', 'approvalsMissing', () => []],
    ['by one officer', 'approvalsMissing', document => [platform.officers[0].approve(document)]],
    ['by one officer twice', 'approverTwice', document => [0, 1].map(() => platform.officers[0].approve(document))],
    [
      'with sign-in passkeys',
      'approverUnknown',
      document => platform.officers.map(one => one.approveWithSignIn(document)),
    ],
    [
      'with the assertions of the hold',
      'assertionInvalid',
      document => bothApprove(revocationOf(document.serialNumber, 'certificateHold')),
    ],
  ])('%s is refused', async (_, code, approvals) => {
    const serialNumber = await revokedOne('certificateHold');
    const document = releaseOf(serialNumber);
    expect(await stateOf(await insertRevocation(platform, document, { approvals: approvals(document) }))).toBe(code);
    await expectRevoked(serialNumber);
  });

  it('asked by a subscriber is refused', async () => {
    const serialNumber = await revokedOne('certificateHold');
    const row = { asked_by: 'subscriber' };
    const id = await insertRevocation(platform, releaseOf(serialNumber), row);
    expect(await stateOf(id)).toBe('approvalsMissing');
    await expectRevoked(serialNumber);
  });

  it('is only from a hold, whatever two officers sign', async () => {
    const serialNumber = await revokedOne('keyCompromise');
    const document = releaseOf(serialNumber);
    expect(await stateOf(await insertRevocation(platform, document, { approvals: bothApprove(document) }))).toBe(
      'notOnHold',
    );
    await expectRevoked(serialNumber);
  });

  it('of an earlier hold does not end a later one, whether it was used then or not', async () => {
    const serialNumber = await revokedOne('certificateHold');
    const used = releaseOf(serialNumber);
    clock.pass(1);
    const unused = releaseOf(serialNumber);
    const rows = [used, unused].map(document => ({ document, approvals: bothApprove(document) }));
    for (const { document, approvals } of rows) await insertRevocation(platform, document, { approvals });
    await nextCrl();
    expect(await statusOf(serialNumber)).toEqual({ status: 'good' });
    await platform.approve(revocationOf(serialNumber, 'certificateHold'), [platform.officers[1]]);
    await expectRevoked(serialNumber);
    await platform.database('revocation_orders').delete();
    for (const { document, approvals } of rows) await insertRevocation(platform, document, { approvals });
    await expectRevoked(serialNumber);
    await restart();
    await expectRevoked(serialNumber);
  });
});

describe('revocations by subscribers', () => {
  it('above the hourly cap wait with an alarm, keep no officer waiting, and then have their turn', async () => {
    const limit = platform.policies.schedule.revocation.subscriberRevocationsPerHour;
    clock.pass(3601);
    const [one, other, third] = [await issuedOne(), await issuedOne(), await issuedOne()];
    expect(await revokedBySubscribers(limit)).toBe(limit);
    await platform.store.revocations.order({ document: revocationOf(one), at: clock.now() });
    await settle(core);
    expect(await statusOf(one)).toEqual({ status: 'good' });
    expect(log.alarms).toContain('more revocations by subscribers than the policy allows in an hour wait');
    expect(await auditedAbout(platform, one)).toContain('revocation.delayed');
    for (let n = 0; n < 120; n++) await waitingWish(other, n);
    clock.pass(1);
    await platform.approve(revocationOf(third), [platform.officers[0]]);
    await settle(core);
    expect(await statusOf(third)).toMatchObject({ status: 'revoked' });
    expect(await statusOf(other)).toEqual({ status: 'good' });
    clock.pass(3601);
    await nextCrl();
    expect(await statusOf(one)).toMatchObject({ status: 'revoked' });
    expect(await statusOf(other)).toMatchObject({ status: 'revoked' });
  });

  /** Uses the hour's allowance up: as many certificates, as many wishes. */
  async function revokedBySubscribers(count: number): Promise<number> {
    const subjectKey = aRequestedKey();
    const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
    for (const document of cases) await platform.approve(document);
    await settle(core);
    for (const { caseId } of cases) {
      const row = await platform.store.certificates.ofCase(caseId);
      await platform.store.revocations.order({ document: revocationOf(row?.serialNumber ?? ''), at: clock.now() });
    }
    await settle(core);
    return core.ca.home.statusJournal.subscriberRevocationsSince(clock.now() - 3600);
  }

  const waitingWish = (serialNumber: string, n: number): Promise<string> =>
    insertRevocation(
      platform,
      { ...revocationOf(serialNumber), requestedAt: clock.now() - n },
      { asked_by: 'subscriber', created_at: clock.now() - 10 },
    );
});

describe('a CRL row written by hand', () => {
  it.each<[string, object]>([
    ['with a huge number', { crl_number: 9_007_199_254_740_991 }],
    // PostgreSQL has types: it takes no such row.
    ...(usualDatabase === 'sqlite' ? [['with a number that is none', { crl_number: 'zzz' }] as [string, object]] : []),
    ['of nonsense', { crl_number: 999, crl: 12_345_678_901 }],
  ])('%s is taken out, and numbers go on as before', async (_, change) => {
    await nextCrl();
    const newest = await platform.store.crls.newest(platform.ca);
    const row = await platform
      .database<object>('crls')
      .where({ crl_number: newest?.crlNumber ?? 0 })
      .first();
    await platform.database('crls').insert({ ...row, ...change });
    await settle(core);
    expect((await platform.store.crls.newest(platform.ca))?.crlNumber).toBe(newest?.crlNumber);
    expect(log.alarms).toContain('a CRL that this CA core did not make was taken out');
    clock.pass(platform.policies.schedule.crl.overdueAfter);
    await settle(core);
    expect((await platform.store.crls.newest(platform.ca))?.crlNumber).toBe((newest?.crlNumber ?? 0) + 1);
  });

  it.each<[string, object]>([
    ['is said to be of the future', { this_update: 9_999_999_999 }],
    ['is said to know all changes to come', { through_seq: 999_999_999 }],
    ['holds nonsense', { crl: 12_345_678_901 }],
  ])('does not keep a revocation off the next one when it %s', async (_, change) => {
    const serialNumber = await issuedOne();
    await nextCrl();
    await platform.database('crls').update(change);
    await platform.approve(revocationOf(serialNumber), [platform.officers[0]]);
    await nextCrl();
    expect(await listed()).toContain(serialNumber);
    await others().delete();
  });

  it('that is taken away is made anew with the next number, no faster than the policy allows', async () => {
    await platform.store.crls.order(platform.ca, 'test', clock.now());
    await nextCrl();
    const number = await numberNow();
    const own = platform.database('crls').where({ issuer: platform.ca });
    await own.clone().delete();
    await settle(core);
    expect(await numberNow()).toBe(0);
    clock.pass(platform.policies.schedule.crl.minInterval);
    await settle(core);
    expect(await numberNow()).toBe(number + 1);
  });

  /** All but the newest: what was changed by hand in them would only tell of itself. */
  const others = () => platform.database('crls').where({ issuer: platform.ca }).whereNotIn('crl_number', newestAlone());
  const newestAlone = () => platform.database('crls').where({ issuer: platform.ca }).max('crl_number');
  const numberNow = async (): Promise<number> => (await platform.store.crls.newest(platform.ca))?.crlNumber ?? 0;
});

describe('a request for a responder certificate', () => {
  type Plan = Parameters<typeof requestSigner>[1];
  const ask = (change: Partial<Plan> = {}): Promise<string> => {
    const { spki, privateKey } = platform.responder;
    return requestSigner(platform, { publicKey: spki, previous: spki, signedBy: privateKey, ...change });
  };
  const answerTo = async (id: string): Promise<string | undefined> => {
    await settle(core);
    return (await platform.store.signers.find(id))?.state;
  };

  it.each<[string, () => Partial<Plan>]>([
    ['the pinned key has not signed', () => ({ signedBy: ecKey().privateKey })],
    ['names another key as pinned', () => ({ previous: ecKey().spki })],
    [
      'a thief made with a key of his own',
      () => {
        const own = ecKey();
        return { publicKey: own.spki, previous: own.spki, signedBy: own.privateKey };
      },
    ],
    ['is too old', () => ({ requestedAt: clock.now() - 3601 })],
    ['comes from the future', () => ({ requestedAt: clock.now() + 3600 })],
    ['asks for no key at all', () => ({ publicKey: Uint8Array.of(0x30, 0x00) })],
  ])('that %s is refused, audited and alarmed', async (_, change) => {
    const before = await certificateCount(platform);
    const id = await ask(change());
    expect(await answerTo(id)).toBe('refused');
    expect(await certificateCount(platform)).toBe(before);
    expect(await auditedAbout(platform, id)).toEqual(['signer.refused']);
    expect(log.alarms).toContain('a signer request was refused');
  });

  it('is granted for the pinned key, once', async () => {
    const id = await ask();
    expect(await answerTo(id)).toBe('issued');
    const before = await certificateCount(platform);
    const row = await platform.database<Record<string, unknown>>('signer_requests').where({ id }).first();
    await platform.database('signer_requests').delete();
    const again = { ...row, id: randomUUID(), state: 'waiting', certificate: null };
    await platform.database('signer_requests').insert(again);
    expect(await answerTo(again.id)).toBe('refused');
    await platform.database('signer_requests').update({ state: 'waiting' });
    await restart();
    expect(await answerTo(again.id)).toBe('refused');
    expect(await certificateCount(platform)).toBe(before);
  });

  it('is granted for a new key that the pinned one vouches for, and then the old one is nobody', async () => {
    const next = ecKey();
    expect(await answerTo(await ask({ publicKey: next.spki, sequence: 2 }))).toBe('issued');
    expect(await answerTo(await ask({ sequence: 3 }))).toBe('refused');
    const own = { publicKey: next.spki, previous: next.spki, signedBy: next.privateKey, sequence: 4 };
    expect(await answerTo(await ask(own))).toBe('issued');
  });
});
