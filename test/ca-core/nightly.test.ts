/** What is done once a night says so when it could not be done: the green of the night before is no answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { openNightMemory } from '../../ca-core/home/night-memory.ts';
import { openNightly } from '../../ca-core/nightly.ts';
import type { ServiceState } from '../../ca-core/store/states.ts';
import { aClock } from '../support/a-ca.ts';
import { alarmLog } from '../support/by-hand.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-night-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A walk that ends, or throws, in a night that has come. */
function aNight(file: string) {
  const clock = aClock();
  const log = alarmLog();
  const told: ServiceState[] = [];
  const what: { fault: Error | undefined; beat: Error | undefined } = { fault: undefined, beat: undefined };
  const memory = openNightMemory(join(folder, file));
  memory.done(clock.now() - 2 * 86_400);
  const beat = (state: ServiceState): Promise<void> => {
    if (what.beat !== undefined) return Promise.reject(what.beat);
    told.push(state);
    return Promise.resolve();
  };
  // eslint-disable-next-line @typescript-eslint/require-await
  async function* walk(): AsyncGenerator<unknown, string, void> {
    yield 'a step';
    if (what.fault !== undefined) throw what.fault;
    return 'done';
  }
  const aside = openNightly({
    ...{ name: 'the look of a test', service: 'a-look', at: '03:00', memory, clock, log, states: { beat } },
    begin: () => Promise.resolve(walk()),
    tell: detail => beat({ service: 'a-look', state: 'green', detail, seenAt: clock.now() }),
  });
  return { aside, clock, log, told, what };
}

it('a look that fails is red until one succeeds, and quotes nothing of the error', async () => {
  const { aside, clock, log, told, what } = aNight('fails');
  what.fault = Object.assign(new Error("insert into x values ('secret')"), { code: 'SQLITE_CORRUPT' });
  expect(await aside.step()).toBe(false);
  expect(told).toMatchObject([{ service: 'a-look', state: 'red', seenAt: clock.now() }]);
  expect(told[0]?.detail).toMatch(/^the look of a test failed \(SQLITE_CORRUPT\): .*log/);
  expect(told[0]?.detail).not.toContain('secret');
  expect(log.alarms).toEqual(['the look of a test failed']);
  what.fault = new PkiError('auditBroken', { reason: 'a secret' });
  clock.pass(601);
  await aside.step();
  expect(told[1]?.detail).toMatch(/\(auditBroken\)(?!.*secret)/);
  what.fault = undefined;
  clock.pass(601);
  await aside.step();
  expect(told.map(({ state }) => state)).toEqual(['red', 'red', 'green']);
});

it('nor does it throw where even that cannot be told', async () => {
  const { aside, log, what } = aNight('silent');
  what.fault = new Error('no table');
  what.beat = new Error('no database');
  expect(await aside.step()).toBe(false);
  expect(log.alarms).toEqual(['the look of a test failed', 'that the look of a test failed could not be told']);
});
