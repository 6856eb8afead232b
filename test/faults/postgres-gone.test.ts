import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SubjectKey } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { compiled } from '../support/compiled.ts';
import { environmentOf } from '../support/killable.ts';
import { run, startPostgres, type PostgresServer } from '../support/postgres.ts';

const subjectKey: SubjectKey = aRequestedKey();
const main = compiled('ca-core/main.ts');
let server: PostgresServer;
let platform: ACa;
let program: ChildProcessByStdio<null, Readable, null> | undefined;

beforeEach(async () => {
  server = await startPostgres();
  platform = await aCa({ location: await server.database(), workers: 2 });
});

afterEach(async () => {
  program?.kill('SIGKILL');
  await platform.end();
  await server.end();
});

async function place(count: number): Promise<string[]> {
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
  for (const one of cases) await platform.approve(one);
  return cases.map(one => one.caseId);
}

async function issued(cases: readonly string[]): Promise<number> {
  const orders = await Promise.all(cases.map(one => platform.store.orders.ofCase(one)));
  return orders.filter(order => order?.state === 'issued').length;
}

/** Turns as the CA core's main takes them; how many failed. */
async function takeTurns(core: OpenCa, until: () => Promise<boolean>): Promise<number> {
  let failed = 0;
  for (;;) {
    const worked = await core.turn().catch(() => (failed++, false));
    if (!worked && (await until().catch(() => false))) return failed;
    if (!worked) await pause(10);
  }
}

async function expectWhole(core: OpenCa, cases: readonly string[]): Promise<void> {
  await settle(core);
  await core.close();
  expect(await issued(cases)).toBe(cases.length);
  expect((await platform.database('certificates').whereIn('case_id', cases)).length).toBe(cases.length);
  expect(await checkPki(platform)).toEqual([]);
}

describe('a server that is gone', () => {
  it.each([
    'after order.claim',
    'after order.lint',
    'after order.intend',
    'after order.log',
    'after order.sign',
    'after order.record',
  ] as const)('%s: they wait, and go on by themselves when it is back', async wanted => {
    let isUp = true;
    const core = await platform.open({
      atFailpoint: async point => {
        if (point !== wanted || !isUp) return;
        isUp = false;
        await server.stop('crash');
      },
    });
    await settle(core);
    const cases = await place(20);
    await expect(settle(core)).rejects.toThrow();
    await expect(settle(core)).rejects.toThrow();
    await server.start();
    await takeTurns(core, async () => (await issued(cases)) === cases.length);
    await expectWhole(core, cases);
  });
});

describe('connections that are killed again and again', () => {
  it('lose nothing and do nothing twice', async () => {
    const core = await platform.open();
    const cases = await place(300);
    let isDone = false;
    const killing = (async () => {
      while (!isDone) {
        await pause(30 + Math.random() * 60);
        await run(
          platform.settings.database,
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL',
        );
        if ((await issued(cases).catch(() => 0)) === cases.length) isDone = true;
      }
    })();
    const failed = await takeTurns(core, () => Promise.resolve(isDone));
    await killing;
    expect(failed).toBeGreaterThan(0);
    await expectWhole(core, cases);
  });
});

describe('the real program', () => {
  it('with two workers outlives its server, is woken by orders, and says how it is', async () => {
    program = spawn(process.execPath, [main], {
      env: { ...process.env, ...environmentOf(platform.settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: program.stdout });
    for await (const line of lines) if (line.startsWith('ca-core ready')) break;
    program.stdout.resume();
    expect(program.exitCode).toBeNull();
    const first = await place(1);
    while ((await issued(first)) < 1) await pause(20);
    await pause(1000);
    const placedAt = performance.now();
    const second = await place(1);
    while ((await issued(second)) < 1) await pause(5);
    // Polling alone would take up to half a second, a quarter on average.
    const latency = performance.now() - placedAt;
    const waiting = await place(30);
    await server.stop('crash');
    await pause(1500);
    await server.start();
    const more = [...waiting, ...(await place(5))];
    while ((await issued(more)) < more.length) await pause(50);
    await pause(6000);
    const states = (await platform.store.states.all()).filter(({ service }) => service.startsWith('ca-core'));
    expect(states.map(({ service, state }) => `${service} ${state}`)).toEqual(['ca-core green', 'ca-core 2 green']);
    program.kill('SIGTERM');
    const [code] = (await once(program, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(latency).toBeLessThan(450);
    const core = await platform.open();
    await expectWhole(core, [...first, ...second, ...more]);
  });
});
