/** SIGKILL before and after every step; the signer log and the status journal, outside the database, say what happened. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failpoints, type Failpoint } from '../../ca-core/failpoints.ts';
import { settle, usualDatabase } from '../support/a-ca.ts';
import { anInterruptedCa, type InterruptedCa } from '../support/interrupted-ca.ts';
import { startKillable } from '../support/killable.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const rounds = isLong ? 10 : 1;
/** After one step is before the next: where time is short, and on SQLite all are tried, half of them do. */
const points = isLong || usualDatabase === 'sqlite' ? failpoints : failpoints.filter(one => one.startsWith('after'));
const kills = points.flatMap(point => Array.from({ length: rounds }, (_, round) => ({ point, round })));

let ground: InterruptedCa;
beforeAll(async () => {
  ground = await anInterruptedCa(kills.length);
});
afterAll(() => ground.platform.end());

/** Killed where it was to be killed. */
async function killAt(point: Failpoint): Promise<void> {
  const core = startKillable(ground.settings, point);
  const isThere = await Promise.race([core.says(point).then(() => true), core.says('ready').then(() => false)]);
  await core.kill();
  expect(isThere, `${point} was come by`).toBe(true);
}

/** Killed there too, where what there is left to do comes by it. */
async function killAgainAt(point: Failpoint): Promise<void> {
  const core = startKillable(ground.settings, point);
  await Promise.race([core.says(point), core.says('ready')]);
  await core.kill();
}

/** Some other point, each time another one. */
function pointAfter({ point, round }: { readonly point: Failpoint; readonly round: number }): Failpoint {
  const at = failpoints.indexOf(point);
  return failpoints[(at * 5 + round * 7 + 3) % failpoints.length] ?? point;
}

describe.each(kills)('a CA core killed $point (round $round), and again while it recovers', kill => {
  it('brings everything to its one end by itself', async () => {
    const placed = await ground.placeEverything();
    await killAt(kill.point);
    await killAgainAt(pointAfter(kill));
    const core = await ground.open();
    await settle(core);
    await core.close();
    for (const expectEnded of placed) await expectEnded();
    await ground.expectWhole();
  });
});
