/** An officer who lost every authenticator comes back by two operators, and the old roll does not. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recover } from '../../ca-core/console.ts';
import type { ACa } from '../support/a-ca.ts';
import { enrol } from '../support/an-officer.ts';
import { auditedAbout } from '../support/by-hand.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { aConsole, type AConsole } from './support/a-console.ts';

let ground: AConsole;
let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
async function begin(): Promise<void> {
  ground = await aConsole();
  ({ running } = ground);
  ({ platform, clock } = running);
}
const end = (): Promise<void> => ground.end();

describe('an officer who lost every authenticator', () => {
  beforeEach(begin);
  afterEach(end);

  const secrets = (): readonly [string, string] => {
    const [one, other] = platform.outcome.operatorSecrets.map(({ secret }) => secret);
    return [one ?? '', other ?? ''];
  };

  it('comes back by two operators, and the old passkeys count no more', async () => {
    const lost = platform.officers[0];
    const link = await recover(platform.console, lost.memberId, secrets());
    const back = await enrol(platform.console, link);
    await running.settle();
    expect(ground.rollNow().number).toBe(2);
    expect((await platform.store.rolls.current())?.authorisedBy).toBe('console');
    const [one, other] = [platform.aCase(), platform.aCase()];
    await platform.approve(one, [lost, platform.officers[1]]);
    await platform.approve(other, [back, platform.officers[1]]);
    await running.settle();
    expect(await platform.store.orders.ofCase(one.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
    expect(await platform.store.orders.ofCase(other.caseId)).toMatchObject({ state: 'issued' });
    expect(await auditedAbout(platform, lost.memberId)).toContain('roll.recoveryOpened');
  });

  it('needs two different operators', async () => {
    const { memberId } = platform.officers[0];
    const [one, other] = secrets();
    await expect(recover(platform.console, memberId, [one, one])).rejects.toThrow('notPermitted');
    await expect(recover(platform.console, memberId, [one, randomUUID()])).rejects.toThrow('notPermitted');
    await expect(recover(platform.console, 'nobody', [one, other])).rejects.toThrow('approverUnknown');
  });

  it('is not un-done by the older roll put back', async () => {
    const lost = platform.officers[0];
    const before = await platform.store.rolls.current();
    const link = await recover(platform.console, lost.memberId, secrets());
    await enrol(platform.console, link);
    await running.settle();
    if (before === undefined) throw new Error('no roll');
    const older = {
      number: 3,
      digest: before.digest,
      document: before.text,
      approvals: '[]',
      authorised_by: 'console',
    };
    await platform.database('rolls').delete();
    await platform.database('rolls').insert({ ...older, created_at: clock.now() });
    const document = platform.aCase();
    await platform.approve(document, [lost, platform.officers[1]]);
    await running.settle();
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
    expect(ground.rollNow().number).toBe(2);
    expect((await platform.store.rolls.current())?.number).toBe(2);
  });
});
