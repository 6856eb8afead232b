/** The operator’s console makes the first roll; later ones are made by two officers who are on it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RollDocument } from '../../ca-core/approvals/documents.ts';
import { founderLinks, invite, type OneTimeLink } from '../../ca-core/console.ts';
import { openAnchors } from '../../ca-core/home/home.ts';
import type { ACa } from '../support/a-ca.ts';
import { enrol } from '../support/an-officer.ts';
import { auditedAbout, type AlarmLog } from '../support/by-hand.ts';
import type { ARunningCa } from './support/a-running-ca.ts';
import { aConsole, type AConsole } from './support/a-console.ts';

let ground: AConsole;
let running: ARunningCa;
let platform: ACa;
let log: AlarmLog;
async function begin(): Promise<void> {
  ground = await aConsole();
  ({ running } = ground);
  ({ platform, log } = running);
}
const end = (): Promise<void> => ground.end();

describe('the first roll', () => {
  beforeAll(begin);
  afterAll(end);

  it('holds the two founders that the operator confirmed', () => {
    expect(ground.rollNow().number).toBe(1);
    expect(ground.rollNow().previous).toBeNull();
    expect(ground.rollNow().members.map(({ id }) => id)).toEqual(platform.officers.map(({ memberId }) => memberId));
    expect(ground.rollNow().members.map(({ role }) => role)).toEqual(['officer', 'officer']);
  });

  it('leaves no founder link open', async () => {
    expect(await founderLinks(platform.console)).toEqual([]);
  });
});

describe('a third officer', () => {
  beforeEach(begin);
  afterEach(end);

  it('comes onto the roll by two officers, and then counts', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    const third = await enrol(platform.console, link);
    await running.settle();
    expect(ground.rollNow().number).toBe(1);
    await ground.signRoll();
    expect(ground.rollNow().members.map(({ id }) => id)).toContain('officer-third');
    expect((await platform.store.rolls.current())?.number).toBe(2);
    expect(await auditedAbout(platform, '2')).toContain('roll.followed');
    const document = platform.aCase();
    await platform.approve(document, [platform.officers[0], third]);
    await running.settle();
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'issued' });
  });

  it('does not vote for the roll it comes with, and counts for nothing before', async () => {
    const link = await invite(platform.console, 'officer-third', 'officer');
    const third = await enrol(platform.console, link);
    const [waiting] = await platform.store.documents.awaiting();
    if (waiting?.document.kind !== 'roll') throw new Error('no roll waits');
    await platform.approve(waiting.document, [platform.officers[0], third]);
    await running.settle();
    expect(ground.rollNow().number).toBe(1);
    expect(log.alarms).toContain('a roll that does not hold was taken out');
    const document = platform.aCase();
    await platform.approve(document, [platform.officers[0], third]);
    await running.settle();
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
  });

  it('as an LRA approves nothing', async () => {
    const link = await invite(platform.console, 'lra-one', 'lra');
    const lra = await enrol(platform.console, link);
    await ground.signRoll();
    const document = platform.aCase();
    await platform.approve(document, [platform.officers[0], lra]);
    await running.settle();
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ refusal: { code: 'approverUnknown' } });
  });

  it('meets a clear refusal where another roll took the number', async () => {
    for (const id of ['officer-third', 'officer-fourth']) {
      await enrol(platform.console, await invite(platform.console, id, 'officer'));
    }
    const rolls = await platform.store.documents.about('roll', '2');
    const [one, other] = rolls.map(({ document }) => document);
    if (one === undefined || other === undefined) throw new Error('two rolls should wait');
    await platform.approve(one);
    await expect(platform.approve(other)).rejects.toThrow('rollOutOfOrder');
    await running.settle();
    expect(ground.rollNow().number).toBe(2);
  });
});

describe('founders', () => {
  beforeAll(begin);
  afterAll(end);

  it('confirmed again after a crash stand on the roll once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'kakuin-founders-'));
    const console = { ...platform.console, anchors: await openAnchors(home) };
    await platform.database('enrolments').delete();
    await platform.database('invitations').delete();
    const [one, other] = await founderLinks(console);
    if (one === undefined || other === undefined) throw new Error('no links');
    const [member] = ground.rollNow().members;
    // What a crash leaves between the founder's own file and the first roll.
    await console.anchors.founders.add(
      1,
      JSON.stringify({ ...member, id: one.memberId, mailbox: 'one@operator.example' }),
    );
    const before = console.anchors.rolls.newest();
    expect(before).toBeUndefined();
    await enrolFounder(console, one);
    await enrolFounder(console, other);
    const text = console.anchors.rolls.newest()?.content.text ?? '{}';
    const { members } = JSON.parse(text) as RollDocument;
    expect(members.map(({ id }) => id)).toEqual([one.memberId, other.memberId]);
    rmSync(home, { recursive: true });
  });

  const enrolFounder = async (console: ACa['console'], link: OneTimeLink): Promise<void> => {
    await enrol(console, link);
  };
});
