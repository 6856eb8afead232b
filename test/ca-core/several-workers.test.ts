import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SubjectKey } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aRequestedKey, settle, type ACa, type DatabaseKind } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { startKillable } from '../support/killable.ts';
import { refusalFrom } from '../support/refusal.ts';

const kinds: readonly DatabaseKind[] = ['sqlite', 'postgresql'];
const subjectKey: SubjectKey = aRequestedKey();

async function place(platform: ACa, count: number): Promise<string[]> {
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
  for (const one of cases) await platform.approve(one);
  return cases.map(one => one.caseId);
}

async function states(platform: ACa, cases: readonly string[]): Promise<Set<string>> {
  const orders = await Promise.all(cases.map(one => platform.store.orders.ofCase(one)));
  return new Set(orders.map(order => order?.state ?? 'none'));
}

/** Takes turns until every order is issued. */
async function issueAll(platform: ACa, cores: readonly OpenCa[], cases: readonly string[]): Promise<void> {
  let isDone = false;
  const takeTurns = async (core: OpenCa): Promise<void> => {
    while (!isDone) if (!(await core.turn())) await pause(5);
  };
  const turning = Promise.all(cores.map(takeTurns));
  while ([...(await states(platform, cases))].join() !== 'issued') await Promise.race([pause(50), turning]);
  isDone = true;
  await turning;
}

describe('several workers in one process, on PostgreSQL', () => {
  let platform: ACa;
  beforeAll(async () => {
    platform = await aCa({ database: 'postgresql', workers: 3 });
  });
  afterAll(() => platform.end());

  it('share the orders, each signed once, and a fourth is turned away', async () => {
    const cores = [await platform.open(), await platform.open(), await platform.open()];
    expect(cores.map(core => core.worker.name)).toEqual(['ca-core', 'ca-core 2', 'ca-core 3']);
    expect((await refusalFrom(platform.open()))?.code).toBe('alreadyRunning');
    // Each knows that one leads before there is anything to issue: else that one may have issued all by then.
    for (const core of cores) await settle(core);
    const cases = await place(platform, 450);
    await issueAll(platform, cores, cases);
    for (const core of cores) await core.close();
    const alone = await platform.open();
    await settle(alone);
    await alone.close();
    const workers = await platform.database('issuance_orders').distinct().pluck<string[]>('claimed_by');
    expect(workers.length).toBeGreaterThan(1);
    expect(await checkPki(platform)).toEqual([]);
  });

  it('let another lead when the leader leaves, and the audit log goes on', async () => {
    const [first, second] = [await platform.open(), await platform.open()];
    await settle(first);
    await settle(second);
    expect((await platform.store.leases.leader()).holder).toBe('ca-core');
    await first.close();
    const cases = await place(platform, 1);
    const before = await platform.store.audit.size();
    await issueAll(platform, [second], cases);
    while ((await platform.store.leases.leader()).holder !== 'ca-core 2') {
      await pause(100);
      await settle(second);
    }
    expect(await platform.store.audit.size()).toBeGreaterThan(before);
    await second.close();
    expect(await checkPki(platform)).toEqual([]);
  });

  it('issues nothing where the leader cannot write the audit log', async () => {
    const [first, second] = [await platform.open(), await platform.open()];
    await settle(first);
    await platform.database.raw('ALTER TABLE audit_log RENAME TO audit_log_away');
    const cases = await place(platform, 1);
    await expect(settle(first)).rejects.toThrow('audit_log');
    await pause(1100);
    await expect(settle(second)).rejects.toThrow('audit_log');
    expect(await states(platform, cases)).toEqual(new Set(['waiting']));
    await platform.database.raw('ALTER TABLE audit_log_away RENAME TO audit_log');
    await issueAll(platform, [first, second], cases);
    for (const core of [first, second]) await core.close();
    expect(await checkPki(platform)).toEqual([]);
  });

  it('never signs a case twice, though its row is turned back to waiting behind a worker', async () => {
    const [caseId = ''] = await place(platform, 1);
    const second = await platform.open();
    const first = await platform.open({
      atFailpoint: async point => {
        if (point !== 'after order.intend') return;
        await platform.database('intentions').where({ case_id: caseId }).delete();
        await platform.database('issuance_orders').where({ case_id: caseId }).update({ state: 'waiting' });
        await issueAll(platform, [second], [caseId]);
      },
    });
    await expect(settle(first)).rejects.toThrow('signed by another worker');
    await settle(first);
    for (const core of [first, second]) await core.close();
    expect(await checkPki(platform)).toEqual([]);
  });
});

describe.each(kinds)('workers as processes, on %s', database => {
  it('finish what one that was killed had begun', async () => {
    const platform = await aCa({ database, workers: 3 });
    const doomed = startKillable(platform.settings, 'after order.intend');
    await doomed.says('ready');
    const others = [startKillable(platform.settings), startKillable(platform.settings)];
    await Promise.all(others.map(other => other.says('ready')));
    const cases = await place(platform, 30);
    doomed.go();
    await doomed.says('after order.intend');
    others.forEach(other => other.go());
    await pause(200);
    expect(await states(platform, cases)).not.toEqual(new Set(['issued']));
    await doomed.kill();
    const patience = performance.now() + 40_000;
    while ([...(await states(platform, cases))].join() !== 'issued') {
      if (performance.now() > patience) throw new Error([...(await states(platform, cases))].join());
      await pause(50);
    }
    for (const other of others) await other.kill();
    const last = await platform.open();
    await settle(last);
    await last.close();
    expect(await checkPki(platform)).toEqual([]);
    await platform.end();
  });
});
