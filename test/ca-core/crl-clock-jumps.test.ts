/** CRLs under a clock that jumps while the CA core runs: back or far ahead, revocations come out, and no date is a false one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aListingCa, type AListingCa } from './support/a-listing-ca.ts';

const day = 86_400;
let ground: AListingCa;
beforeEach(async () => {
  ground = await aListingCa();
});
afterEach(() => ground.end());

describe('a clock that jumps', () => {
  const clockState = async () =>
    (await ground.platform.store.states.all()).find(one => one.service === 'ca-core clock');

  it('back: revocations still come out, with rising numbers and no older time', async () => {
    const serialNumber = await ground.issued();
    await ground.pass(60);
    await ground.platform.store.crls.order(ground.platform.ca, 'test', ground.clock.now());
    await ground.settle();
    const before = await ground.mark();
    ground.clock.pass(-7_200);
    await ground.revoke(serialNumber);
    const after = await ground.mark();
    expect(after.crlNumber).toBeGreaterThan(before.crlNumber);
    expect(after.thisUpdate).toBe(before.thisUpdate);
    expect(await ground.serialsOn('0')).toContain(serialNumber);
    expect(await clockState()).toMatchObject({ state: 'red' });
    ground.clock.pass(7_200);
    await ground.pass(60);
    expect(await clockState()).toMatchObject({ state: 'green' });
  });

  it('far ahead: dates nothing, says so, and goes on when it is set right', async () => {
    const before = await ground.mark();
    ground.clock.pass(400 * day);
    await ground.settle();
    expect((await ground.mark()).crlNumber).toBe(before.crlNumber);
    expect(await clockState()).toMatchObject({ state: 'red', detail: expect.stringContaining('jumped') as string });
    ground.clock.pass(-400 * day);
    await ground.pass(5_400);
    const after = await ground.mark();
    expect(after.crlNumber).toBe(before.crlNumber + 1);
    expect(after.thisUpdate).toBe(ground.clock.now());
    expect(await clockState()).toMatchObject({ state: 'green' });
  });

  it('far ahead, and right: a CA core that is started again takes back what it told', async () => {
    ground.clock.pass(2 * day);
    await ground.settle();
    expect(await clockState()).toMatchObject({ state: 'red' });
    await ground.restart({});
    expect(await clockState()).toMatchObject({ state: 'green', detail: '' });
  });

  it('far ahead: what is revoked meanwhile is dated by the time before, and on the CRL once the clock is right', async () => {
    const serialNumber = await ground.issued();
    const before = ground.clock.now();
    ground.clock.pass(2 * day);
    await ground.revoke(serialNumber);
    expect(await ground.platform.store.status.of(ground.platform.ca, serialNumber)).toMatchObject({
      status: 'revoked',
      revokedAt: before,
    });
    ground.clock.pass(-2 * day);
    await ground.pass(60);
    expect(await ground.serialsOn('0')).toContain(serialNumber);
    expect((await ground.mark()).thisUpdate).toBeLessThanOrEqual(ground.clock.now());
  });
});
