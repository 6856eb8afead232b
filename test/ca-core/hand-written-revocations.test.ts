/** Design §1 again, an attacker wrote the rows: none un-revokes, and none revokes what nobody decided. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { aRequestedKey, type ACa } from '../support/a-ca.ts';
import { auditedAbout, insertRevocation, type AlarmLog } from '../support/by-hand.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { aStatusGround, type StatusGround } from './support/a-status-ground.ts';

let ground: StatusGround;
let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
let log: AlarmLog;
beforeAll(async () => {
  ground = await aStatusGround();
  ({ running } = ground);
  ({ platform, clock, log } = running);
});
afterEach(async () => {
  await ground.nextCrl();
  await running.expectSound();
});
afterAll(() => running.end());

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
    const serialNumber = await ground.revokedOne();
    await attack(serialNumber);
    await ground.expectRevoked(serialNumber);
    await running.restart();
    await ground.expectRevoked(serialNumber);
  });

  it('that was deleted is put back, audited and alarmed', async () => {
    const serialNumber = await ground.revokedOne();
    await decisionsOf(serialNumber).delete();
    await ground.expectRevoked(serialNumber);
    expect(await auditedAbout(platform, serialNumber)).toContain('status.mended');
    expect(log.alarms).toContain('the database disagreed with the journal about a status; it was mended');
  });

  it('that nobody decided is taken back', async () => {
    const serialNumber = await ground.issuedOne();
    await insertChange(serialNumber, 'revoked');
    await ground.nextCrl();
    expect(await ground.statusOf(serialNumber)).toEqual({ status: 'good' });
    expect(await ground.listed()).not.toContain(serialNumber);
  });

  it('keeps its reason and its time', async () => {
    const serialNumber = await ground.revokedOne();
    const before = await ground.statusOf(serialNumber);
    await decisionsOf(serialNumber).update({ reason: 'certificateHold', revoked_at: 1 });
    await running.restart();
    expect(await ground.statusOf(serialNumber)).toEqual(before);
  });

  it('of an officer needs an officer', async () => {
    const serialNumber = await ground.issuedOne();
    const document = ground.revocationOf(serialNumber);
    const by = platform.officers[0].approveWithSignIn(document);
    expect(await ground.stateOf(await insertRevocation(platform, document, { approvals: [] }))).toBe(
      'approvalsMissing',
    );
    await platform.database('revocation_orders').delete();
    expect(await ground.stateOf(await insertRevocation(platform, document, { approvals: [by] }))).toBe(
      'approverUnknown',
    );
    await platform.database('revocation_orders').delete();
    const unheardOf = { approvals: [], asked_by: 'auditor' };
    expect(await ground.stateOf(await insertRevocation(platform, document, unheardOf))).toBe('approvalsMissing');
    expect(await ground.statusOf(serialNumber)).toEqual({ status: 'good' });
  });

  it('says which certificate, and it is the signed document that says so', async () => {
    const [one, other] = [await ground.issuedOne(), await ground.issuedOne()];
    const document = ground.revocationOf(one);
    const approvals = [platform.officers[0].approve(document)];
    expect(await ground.stateOf(await insertRevocation(platform, document, { approvals, serial_number: other }))).toBe(
      'digestMismatch',
    );
    expect(await ground.statusOf(one)).toEqual({ status: 'good' });
    expect(await ground.statusOf(other)).toEqual({ status: 'good' });
  });

  const changesOf = (serial: string) => platform.database('status_changes').where({ serial_number: serial });
  const decisionsOf = (serial: string) => changesOf(serial).whereNot({ change: 'issued' });
  const insertChange = async (serial: string, change: string): Promise<void> => {
    const row = { issuer: platform.ca, serial_number: serial, change, created_at: clock.now() };
    const revokedAt = change === 'revoked' ? clock.now() : null;
    await platform.database('status_changes').insert({ ...row, revoked_at: revokedAt, not_after: clock.now() + 9999 });
  };
});

describe('revocations by subscribers', () => {
  it('above the hourly cap wait with an alarm, keep no officer waiting, and then have their turn', async () => {
    const limit = platform.policies.schedule.revocation.subscriberRevocationsPerHour;
    clock.pass(3601);
    const [one, other, third] = [await ground.issuedOne(), await ground.issuedOne(), await ground.issuedOne()];
    expect(await revokedBySubscribers(limit)).toBe(limit);
    await platform.store.revocations.order({ document: ground.revocationOf(one), at: clock.now() });
    await running.settle();
    expect(await ground.statusOf(one)).toEqual({ status: 'good' });
    expect(log.alarms).toContain('more revocations by subscribers than the policy allows in an hour wait');
    expect(await auditedAbout(platform, one)).toContain('revocation.delayed');
    for (let n = 0; n < 120; n++) await waitingWish(other, n);
    clock.pass(1);
    await platform.approve(ground.revocationOf(third), [platform.officers[0]]);
    await running.settle();
    expect(await ground.statusOf(third)).toMatchObject({ status: 'revoked' });
    expect(await ground.statusOf(other)).toEqual({ status: 'good' });
    clock.pass(3601);
    await ground.nextCrl();
    expect(await ground.statusOf(one)).toMatchObject({ status: 'revoked' });
    expect(await ground.statusOf(other)).toMatchObject({ status: 'revoked' });
  });

  /** Uses the hour's allowance up: as many certificates, as many wishes. */
  async function revokedBySubscribers(count: number): Promise<number> {
    const subjectKey = aRequestedKey();
    const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
    for (const document of cases) await platform.approve(document);
    await running.settle();
    for (const { caseId } of cases) {
      const row = await platform.store.certificates.ofCase(caseId);
      await platform.store.revocations.order({
        document: ground.revocationOf(row?.serialNumber ?? ''),
        at: clock.now(),
      });
    }
    await running.settle();
    return running.core.ca.home.statusJournal.subscriberRevocationsSince(clock.now() - 3600);
  }

  const waitingWish = (serialNumber: string, n: number): Promise<string> =>
    insertRevocation(
      platform,
      { ...ground.revocationOf(serialNumber), requestedAt: clock.now() - n },
      { asked_by: 'subscriber', created_at: clock.now() - 10 },
    );
});
