/** Design §1 again, an attacker wrote the rows: none has the CA sign a CRL or a responder’s certificate that it would not. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { usualDatabase, type ACa } from '../support/a-ca.ts';
import { auditedAbout, certificateCount, requestSigner, type AlarmLog } from '../support/by-hand.ts';
import { ecKey } from '../support/certificates.ts';
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

describe('a CRL row written by hand', () => {
  it.each<[string, object]>([
    ['with a huge number', { crl_number: 9_007_199_254_740_991 }],
    // PostgreSQL has types: it takes no such row.
    ...(usualDatabase === 'sqlite' ? [['with a number that is none', { crl_number: 'zzz' }] as [string, object]] : []),
    ['of nonsense', { crl_number: 999, crl: 12_345_678_901 }],
  ])('%s is taken out, and numbers go on as before', async (_, change) => {
    await ground.nextCrl();
    const newest = await platform.store.crls.newest(platform.ca);
    const row = await platform
      .database<object>('crls')
      .where({ issuer: platform.ca, crl_number: newest?.crlNumber ?? 0 })
      .first();
    await platform.database('crls').insert({ ...row, ...change });
    await running.settle();
    expect((await platform.store.crls.newest(platform.ca))?.crlNumber).toBe(newest?.crlNumber);
    expect(log.alarms).toContain('a CRL that this CA core did not make was taken out');
    clock.pass(platform.policies.schedule.crl.overdueAfter);
    await running.settle();
    expect((await platform.store.crls.newest(platform.ca))?.crlNumber).toBe((newest?.crlNumber ?? 0) + 1);
  });

  it.each<[string, object]>([
    ['is said to be of the future', { this_update: 9_999_999_999 }],
    ['is said to know all changes to come', { through_seq: 999_999_999 }],
    ['holds nonsense', { crl: 12_345_678_901 }],
  ])('does not keep a revocation off the next one when it %s', async (_, change) => {
    const serialNumber = await ground.issuedOne();
    await ground.nextCrl();
    await platform.database('crls').update(change);
    await platform.approve(ground.revocationOf(serialNumber), [platform.officers[0]]);
    await ground.nextCrl();
    expect(await ground.listed()).toContain(serialNumber);
    await others().delete();
  });

  it('that is taken away is made anew with the next number, no faster than the policy allows', async () => {
    await platform.store.crls.order(platform.ca, 'test', clock.now());
    await ground.nextCrl();
    const number = await numberNow();
    const own = platform.database('crls').where({ issuer: platform.ca });
    await own.clone().delete();
    await running.settle();
    expect(await numberNow()).toBe(0);
    clock.pass(platform.policies.schedule.crl.minInterval);
    await running.settle();
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
    await running.settle();
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
    await running.restart();
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
