/** Design §1 again, an attacker wrote the rows: none ends a hold that two officers did not end, nor what is no hold. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseDocument } from '../../ca-core/approvals/documents.ts';
import { insertRevocation } from '../support/by-hand.ts';
import type { ACa } from '../support/a-ca.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { aStatusGround, type StatusGround } from './support/a-status-ground.ts';

let ground: StatusGround;
let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
beforeAll(async () => {
  ground = await aStatusGround();
  ({ running } = ground);
  ({ platform, clock } = running);
});
afterEach(async () => {
  await ground.nextCrl();
  await running.expectSound();
});
afterAll(() => running.end());

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
      document => running.bothApprove(ground.revocationOf(document.serialNumber, 'certificateHold')),
    ],
  ])('%s is refused', async (_, code, approvals) => {
    const serialNumber = await ground.revokedOne('certificateHold');
    const document = ground.releaseOf(serialNumber);
    expect(await ground.stateOf(await insertRevocation(platform, document, { approvals: approvals(document) }))).toBe(
      code,
    );
    await ground.expectRevoked(serialNumber);
  });

  it('asked by a subscriber is refused', async () => {
    const serialNumber = await ground.revokedOne('certificateHold');
    const row = { asked_by: 'subscriber' };
    const id = await insertRevocation(platform, ground.releaseOf(serialNumber), row);
    expect(await ground.stateOf(id)).toBe('approvalsMissing');
    await ground.expectRevoked(serialNumber);
  });

  it('is only from a hold, whatever two officers sign', async () => {
    const serialNumber = await ground.revokedOne('keyCompromise');
    const document = ground.releaseOf(serialNumber);
    expect(
      await ground.stateOf(await insertRevocation(platform, document, { approvals: running.bothApprove(document) })),
    ).toBe('notOnHold');
    await ground.expectRevoked(serialNumber);
  });

  it('of an earlier hold does not end a later one, whether it was used then or not', async () => {
    const serialNumber = await ground.revokedOne('certificateHold');
    const used = ground.releaseOf(serialNumber);
    clock.pass(1);
    const unused = ground.releaseOf(serialNumber);
    const rows = [used, unused].map(document => ({ document, approvals: running.bothApprove(document) }));
    for (const { document, approvals } of rows) await insertRevocation(platform, document, { approvals });
    await ground.nextCrl();
    expect(await ground.statusOf(serialNumber)).toEqual({ status: 'good' });
    await platform.approve(ground.revocationOf(serialNumber, 'certificateHold'), [platform.officers[1]]);
    await ground.expectRevoked(serialNumber);
    await platform.database('revocation_orders').delete();
    for (const { document, approvals } of rows) await insertRevocation(platform, document, { approvals });
    await ground.expectRevoked(serialNumber);
    await running.restart();
    await ground.expectRevoked(serialNumber);
  });
});
