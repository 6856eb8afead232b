/** Each commit of issuing, revoking, CRL making and all the rest fails once: nothing of it written, or all of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { failingCommits, type Failing, type FailingCommits } from '../support/failing-commits.ts';
import { anInterruptedCa, turnThroughFailures, type InterruptedCa } from '../support/interrupted-ca.ts';

/** More than there are commits in one round of everything. */
const most = 100;

let ground: InterruptedCa;
let commits: FailingCommits;
let core: OpenCa;

beforeEach(async () => {
  ground = await anInterruptedCa(most);
  commits = failingCommits();
  core = await ground.open({ openDatabase: commits.openDatabase });
});
afterEach(async () => {
  await core.close();
  await ground.platform.end();
});

/** Whether it came to that commit; everything that was placed before is at its end in any case. */
async function failOnce(nth: number, how: Failing): Promise<boolean> {
  const placed = await ground.placeEverything();
  commits.failAt(nth, how);
  await turnThroughFailures(core);
  const cameToIt = commits.disarm();
  for (const expectEnded of placed) await expectEnded();
  return cameToIt;
}

describe.each<Failing>(['not written', 'written'])('a commit that fails, %s', how => {
  it('loses nothing and does nothing twice, whichever it is; the same CA core goes on by itself', async () => {
    let nth = 1;
    for (let goesOn = true; goesOn && nth < most; nth++) {
      goesOn = await failOnce(nth, how).catch((error: unknown) => {
        throw new Error(`after commit ${nth}`, { cause: error });
      });
    }
    expect(nth).toBeGreaterThan(20);
    expect(nth).toBeLessThan(most);
    await core.close();
    await ground.expectWhole();
    core = await ground.open();
  }, 300_000);
});
