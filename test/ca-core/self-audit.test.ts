/** The quarterly self-audit: who is drawn follows from the audit log, and what is wrong is found. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { quarterAt, quarterCalled, lastQuarter } from '../../ca-core/quarters.ts';
import { drawSelfAudit, sampleSize } from '../../ca-core/self-audit.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';

const clock = aClock();
const subjectKey = aRequestedKey();
const count = 40;
let platform: ACa;
let core: OpenCa;
const first = quarterAt(clock.now());

beforeAll(async () => {
  platform = await aCa({ clock });
  core = await platform.open();
  for (let made = 0; made < count; made++) await platform.approve(platform.aCase({ subjectKey }));
  await settle(core);
  await core.close();
});
afterAll(async () => {
  await platform.end();
});

const draw = (quarter = first) => {
  const { store, policies } = platform;
  return drawSelfAudit({ store, policies, now: clock.now() }, quarter);
};

describe('a quarter', () => {
  it('begins at midnight in Japan', () => {
    const { from, before } = quarterCalled('2026-Q3') ?? first;
    expect([from, before].map(at => new Date(at * 1000).toISOString())).toEqual([
      '2026-06-30T15:00:00.000Z',
      '2026-09-30T15:00:00.000Z',
    ]);
    expect([quarterAt(from), quarterAt(from - 1), lastQuarter(before)].map(({ name }) => name)).toEqual([
      '2026-Q3',
      '2026-Q2',
      '2026-Q3',
    ]);
    expect(['2026-Q5', '26-Q1', ''].map(quarterCalled)).toEqual([undefined, undefined, undefined]);
  });
});

describe('a sample', () => {
  it('is of 30 or 3 %, and of all where there are fewer', () => {
    expect([0, 7, 30, 999, 1_001, 10_000].map(sampleSize)).toEqual([0, 7, 30, 30, 31, 300]);
  });

  it('cannot be drawn before the quarter is over and something was logged since', async () => {
    await expect(draw()).rejects.toThrow('quarterOpen');
  });

  it('is the same whoever draws it, from the log as it was then', async () => {
    const event = { service: 'ca-core', action: 'test', actor: 'test', subject: 'test', details: {} };
    clock.pass(first.before - clock.now() - 1);
    await platform.store.audit.note({ ...event, at: clock.now() });
    await platform.store.audit.note({ ...event, service: 'ra-portal', at: first.before });
    await logged();
    await expect(draw()).rejects.toThrow('quarterOpen');
    clock.pass(1);
    await expect(draw()).rejects.toThrow('quarterOpen');
    await platform.store.audit.note({ ...event, at: clock.now() });
    await logged();
    const drawn = await draw();
    const early = { store: platform.store, policies: platform.policies, now: first.before - 1 };
    await expect(drawSelfAudit(early, first)).rejects.toThrow('quarterOpen');
    expect(drawn).toMatchObject({ quarter: first.name, issued: count });
    expect(drawn.sample).toHaveLength(30);
    expect(drawn.sample.flatMap(one => one.findings)).toEqual([]);
    expect(new Set(drawn.sample.map(one => one.serialNumber)).size).toBe(30);
    clock.pass(5);
    await platform.store.audit.note({ ...event, at: clock.now() });
    await logged();
    expect({ ...(await draw()), drawnAt: 0 }).toEqual({ ...drawn, drawnAt: 0 });
  });

  it('is kept once, with an event', async () => {
    const drawn = await draw();
    const by = { service: 'console', actor: 'operator' };
    expect(await platform.store.selfAudits.add(drawn, by)).toBe(true);
    expect(await platform.store.selfAudits.add({ ...drawn, sample: [] }, by)).toBe(false);
    expect(await platform.store.selfAudits.of(first.name)).toEqual({ ...drawn, drawnBy: 'operator' });
    expect((await platform.store.selfAudits.all()).map(one => one.quarter)).toEqual([first.name]);
  });

  it('tells what is wrong: octets that are not what was signed, a name that nobody approved, a row of another', async () => {
    const { sample } = await draw();
    const [one, other, third, fourth] = sample.map(({ serialNumber }) => serialNumber);
    const rows = () =>
      platform.database<{ serial_number: string; certificate: Buffer; case_id: string }>('certificates');
    const certificate = Buffer.from(
      (
        await rows()
          .where({ serial_number: one ?? '' })
          .first()
      )?.certificate ?? '',
    );
    certificate[certificate.length - 1] = (certificate[certificate.length - 1] ?? 0) ^ 1;
    await rows()
      .where({ serial_number: one ?? '' })
      .update({ certificate });
    const foreign =
      (
        await rows()
          .where({ serial_number: third ?? '' })
          .first()
      )?.certificate ?? Buffer.alloc(0);
    await rows()
      .where({ serial_number: other ?? '' })
      .update({ certificate: foreign });
    await rows()
      .where({ serial_number: third ?? '' })
      .update({ case_id: 'K26-NONE' });
    await rows()
      .where({ serial_number: fourth ?? '' })
      .update({ certificate: Buffer.from('30', 'hex') });
    const found = new Map((await draw()).sample.map(({ serialNumber, findings }) => [serialNumber, findings]));
    const rules = [one, other, third, fourth].map(serial => found.get(serial ?? '')?.map(({ rule }) => rule));
    expect(rules).toEqual([['signatureInvalid'], ['rowDiffers'], ['subjectNotApproved'], ['derMalformed']]);
  });
});

/** Into the log, without the CA core, whose clock does not jump over months. */
const logged = () => platform.store.audit.sequence(1_000, 0);
