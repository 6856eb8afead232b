/** Alerts: when people are called, and how the news gets to them although carriers fail. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Light } from '../../ca-core/index.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openAlertJournal } from '../../monitor/alert-journal.ts';
import { raiseAlerts, type RedReading } from '../../monitor/alerts.ts';
import { carryAlerts, errandsFor, type Carrier } from '../../monitor/carry-alerts.ts';
import { aClock } from '../support/a-ca.ts';
import { anAlert, rules, told } from './support/an-alert.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-alerts-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('people are called', () => {
  const walk = (lights: readonly (readonly [number, Light | null])[]): string[] => {
    let red: readonly RedReading[] = [];
    return lights.flatMap(([now, light]) => {
      const raised = raiseAlerts(red, light === null ? [] : [told(light)], { now, ...rules });
      red = raised.red;
      return raised.alerts.map(({ state, cause, since }) => `${now} ${state} ${cause} since ${since}`);
    });
  };

  it.each<[string, [number, Light | null][], string[]]>([
    [
      'once it has stayed red',
      [
        [0, 'red'],
        [10, 'red'],
        [30, 'red'],
        [40, 'red'],
      ],
      ['30 red change since 0'],
    ],
    [
      'not where it was red for a moment',
      [
        [0, 'red'],
        [10, 'green'],
        [20, 'red'],
        [30, 'amber'],
      ],
      [],
    ],
    [
      'when it is over',
      [
        [0, 'red'],
        [30, 'red'],
        [50, 'amber'],
        [60, 'green'],
      ],
      ['30 red change since 0', '50 green change since 50'],
    ],
    [
      'again while it stays',
      [
        [0, 'red'],
        [30, 'red'],
        [3629, 'red'],
        [3630, 'red'],
      ],
      ['30 red change since 0', '3630 red reminder since 0'],
    ],
    [
      'not because nobody could look',
      [
        [0, 'red'],
        [30, 'red'],
        [40, null],
        [50, 'red'],
      ],
      ['30 red change since 0'],
    ],
  ])('%s', (_, lights, expected) => {
    expect(walk(lights)).toEqual(expected);
  });

  it('for each subject by itself', () => {
    const readings = [told('red', 'issuing'), told('red', 'issuing-2'), told('green', 'issuing-3')];
    const { red } = raiseAlerts([], readings, { now: 0, ...rules });
    const { alerts } = raiseAlerts(red, readings, { now: 30, ...rules });
    expect(alerts.map(({ subject }) => subject)).toEqual(['issuing', 'issuing-2']);
  });
});

describe('news', () => {
  it('gets to each carrier once, is tried again ever more seldom where it does not, and outlives the monitor', async () => {
    const clock = aClock();
    const home = join(folder, 'home');
    const tries: string[] = [];
    let isBroken = true;
    const mail: Carrier = () => Promise.resolve(void tries.push('mail'));
    const webhook: Carrier = () =>
      isBroken
        ? Promise.reject(new Error('http://127.0.0.1:1/alerts refused'))
        : Promise.resolve(void tries.push('webhook'));
    const carriers = new Map([
      ['mail', mail],
      ['webhook', webhook],
    ]);
    const first = openAlertJournal(home, silentLog);
    first.write({ red: [], errands: errandsFor(anAlert(clock.now()), carriers.keys()) });
    const pauses: number[] = [];
    for (let turn = 0; turn < 10; turn++) {
      await carryAlerts({ journal: first, carriers, clock, log: silentLog });
      const [left] = first.read().errands;
      pauses.push((left?.nextAt ?? 0) - clock.now());
      clock.pass(pauses.at(-1) ?? 0);
    }
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    isBroken = false;
    // The monitor was started again: what was on its way is in its file.
    const again = openAlertJournal(home, silentLog);
    await carryAlerts({ journal: again, carriers, clock, log: silentLog });
    await carryAlerts({ journal: again, carriers, clock, log: silentLog });
    expect(tries).toEqual(['mail', 'webhook']);
    expect(openAlertJournal(home, silentLog).read().errands).toEqual([]);
  });

  it('begins anew where its file is spoiled', () => {
    writeFileSync(join(folder, 'alerts.json'), '{"red":[{"name"');
    expect(openAlertJournal(folder, silentLog).read()).toEqual({ red: [], errands: [] });
  });
});
