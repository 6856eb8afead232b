/** The CRL publisher tells of what is late, keeps its timetable, and bears clocks that go back. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPolicies } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { pauseByLot } from '../../crl-publisher/pause-by-lot.ts';
import { publicUrl } from '../support/a-publisher.ts';
import type { SmallCa } from '../support/small-ca.ts';
import { aPublisherAtWork, type APublisherAtWork } from './support/a-publisher-at-work.ts';

let work: APublisherAtWork;
let ca: SmallCa;
let clock: APublisherAtWork['clock'];
beforeEach(async () => {
  work = await aPublisherAtWork();
  ({ ca, clock } = work);
});
afterEach(() => work.close());

describe('alarms and clocks', () => {
  const detail = async (): Promise<string> => {
    await work.publisher.round().catch(() => undefined);
    const [told] = await ca.store.states.all();
    return `${told?.state ?? ''} ${told?.detail ?? ''}`;
  };

  it('tells of runs that were missed, of revocations that wait and of files that nobody renews', async () => {
    await ca.recordCrl(await work.crlWith(1n));
    expect(await detail()).toBe('green published');
    clock.at += 5_400 + 301;
    expect(await detail()).toMatch(/^red .*runs were missed: the newest CRL of issuing is 95 minutes old/);
    await ca.recordCrl(await work.crlWith(2n));
    await ca.change({ serialNumber: '0a', change: 'revoked', reason: 'superseded', revokedAt: clock.at });
    expect(await detail()).toBe('green published');
    clock.at += 601;
    expect(await detail()).toMatch(/^red .*a revocation has waited 10 minutes/);
    await ca.database('crls').delete();
    clock.at += 86_400;
    expect(await detail()).toMatch(/crl.issuing.0.crl is not renewed/);
    clock.at += 3 * 86_400;
    expect(await detail()).toMatch(/crl.issuing.0.crl is over/);
  });

  it('a delta that nobody renews is told of where the full CRL names it, and not where deltas were given up', async () => {
    const freshestCrl = `${publicUrl}/crl/issuing/0-delta.crl`;
    const usual = { entries: [], thisUpdate: clock.at, nextUpdate: clock.at + 86_400 };
    await ca.recordLists(
      1,
      { '0': await ca.pki.crl({ crlNumber: 1n, ...usual, freshestCrl }) },
      { complete: '0', at: clock.at },
    );
    await work.publisher.round();
    const delta = await ca.pki.crl({ crlNumber: 2n, baseNumber: 1n, ...usual, nextUpdate: clock.at + 600 });
    const next = { ...usual, nextUpdate: clock.at + 2 * 86_400, freshestCrl };
    await ca.recordLists(
      2,
      { '0': await ca.pki.crl({ crlNumber: 2n, ...next }), '0-delta': delta },
      { complete: '0', at: clock.at },
    );
    expect(await detail()).toBe('green published');
    clock.at += 601;
    expect(await detail()).toMatch(/0-delta.crl is over/);
    await ca.recordLists(3, { '0': await work.crlWith(3n) }, { complete: '0', at: clock.at });
    expect(await detail()).toBe('green published');
  });

  it('waits by lot before it asks by the timetable, and never until a CRL is overdue', async () => {
    await ca.recordCrl(await work.crlWith(1n));
    clock.at += 5_390;
    expect(await work.publisher.untilOverdue()).toBe(10);
    const lots = [0, 0.25, 0.999];
    expect(lots.map(lot => pauseByLot({ jitter: 20, left: 3_600 }, lot))).toEqual([0, 5_000, 19_980]);
    expect(lots.map(lot => pauseByLot({ jitter: 20, left: 10 }, lot))).toEqual([0, 5_000, 10_000]);
    expect(lots.map(lot => pauseByLot({ jitter: 20, left: -1 }, lot))).toEqual([0, 0, 0]);
    const { jitter, overdueAfter } = readPolicies(join(projectRoot, 'policies')).schedule.crl;
    expect(jitter).toBeLessThan(overdueAfter - 3_600);
  });

  it('catches up at its start with a run that nobody was there for', async () => {
    await ca.recordCrl(await work.crlWith(1n));
    await work.publisher.catchUp();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(0);
    clock.at += 3_601;
    await work.publisher.catchUp();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
  });

  it('of two publishers one orders, both publish; the other follows when it is gone', async () => {
    const first = work.publisher;
    await ca.recordCrl(await work.crlWith(1n));
    await first.round();
    await work.open({ name: 'another' });
    await work.publisher.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(0);
    await ca.recordCrl(await work.crlWith(2n));
    await Promise.all([first.round(), work.publisher.round()]);
    expect(work.out()).toBe(2n);
    clock.at += 31;
    await work.publisher.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
    await first.orderBySchedule();
    expect(await ca.store.crls.waiting(ca.pki.ca)).toBe(1);
  });

  it('a clock that goes back lets no older CRL out, and does not stop the next number', async () => {
    const before = clock.at;
    await ca.recordCrl(await work.crlWith(3n, [], before));
    await work.publisher.round();
    clock.at -= 86_400;
    await ca.recordCrl(await work.crlWith(4n, [], before));
    await work.publisher.round();
    expect(work.out()).toBe(4n);
    await ca.recordCrl(await work.crlWith(5n, [], clock.at));
    expect((await work.refusal())?.code).toBe('crlInvalid');
    expect(work.out()).toBe(4n);
  });
});
