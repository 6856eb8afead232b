/** The degradation matrix: each failure is caused for real, and the documented cell is what is observed; then all resumes. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPki } from '../support/check-pki.ts';
import { aDegradableWorld, type DegradableWorld } from './a-world.ts';
import { failures, matrix } from './matrix.ts';
import { meet, type Holders } from './meeting.ts';
import { aSubject, serialOf } from './subjects.ts';

const world = await aDegradableWorld();
if (world === undefined)
  process.stderr.write('\nNOT TRIED: the degradation matrix, since this account may not mount a disk (root may).\n');

describe.runIf(world !== undefined)('while something is away', () => {
  let holders: Holders;
  const there = (): DegradableWorld => {
    if (world === undefined) throw new Error('no world');
    return world;
  };

  beforeAll(async () => {
    const [pickingUp, revoking] = [await aSubject(there()), await aSubject(there())];
    for (const one of [pickingUp, revoking]) {
      await there().officers[1].approve(one.location);
      while ((await serialOf(there(), one)) === undefined) await pause(100);
    }
    holders = { pickingUp, revoking };
  });
  afterAll(() => world?.end());

  it.each(failures)('%s: every act comes to what the page says, and resumes', { timeout: 300_000 }, async failure => {
    const { observed, next } = await meet(there(), failure, holders);
    holders = next;
    expect(observed).toEqual(matrix[failure]);
  });

  it('nothing is lost or made twice', async () => {
    const { settings, database, running } = there();
    const waiting = async (): Promise<unknown> => database('audit_outbox').first();
    for (let tries = 0; tries < 300 && (await waiting()) !== undefined; tries++) await pause(100);
    for (const one of running.values()) await one.end();
    expect(await checkPki({ settings, database })).toEqual([]);
  });
});
