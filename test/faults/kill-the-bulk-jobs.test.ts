/** SIGKILL of the portal and of the CA core in the middle of a job: every row of it once, and the counts right. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runJobs } from '../../ra-portal/bulk/run-jobs.ts';
import { findJob } from '../../ra-portal/store/bulk-jobs.ts';
import { addLook } from '../../ra-portal/store/bulk-looks.ts';
import { countRows } from '../../ra-portal/store/bulk-row-counts.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { aFileOf, submitted } from '../ra-portal/support/a-bulk-job.ts';
import { aPortal, type APortal, type PortalOfficer } from '../ra-portal/support/a-portal.ts';
import { aCustodian, anLra, type ACustodian, type ALra } from '../ra-portal/support/an-lra.ts';
import { partsOf } from '../ra-portal/support/parts-of.ts';
import { compiled } from '../support/compiled.ts';
import { hasty } from '../support/every-kind-of-order.ts';
import { startKillable } from '../support/killable.ts';

const rows = process.env['KAKUIN_LONG'] === '1' ? 2_000 : 260;
const program = compiled('test/support/jobs-to-kill.ts');

let world: APortal;
let parts: PortalParts;
let officers: readonly PortalOfficer[];
let lra: ALra;
let custodian: ACustodian;
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  lra = await anLra(world, officers);
  custodian = await aCustodian(world);
  parts = partsOf(world);
});
afterAll(() => world.end());

interface Amid {
  readonly start: () => { readonly kill: () => Promise<void> };
  /** How much of it is done. */
  readonly done: () => Promise<number>;
}

/** Kills what works when some of the rows are done and others are not, and says how many were. Throws where it was never seen so. */
async function killedAmid({ start, done }: Amid): Promise<number> {
  const working = start();
  for (let seen = 0; ; seen = await done()) {
    if (seen > 0) {
      await working.kill();
      const left = await done();
      if (left === rows) throw new Error('All was done before the kill.');
      return left;
    }
    await pause(2);
  }
}

/** The portal's rounds, as a process of its own. */
function thePortal(): { readonly kill: () => Promise<void> } {
  const args = [program, world.ground.database, JSON.stringify(world.settings)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function theCore(): { readonly kill: () => Promise<void> } {
  const core = startKillable(hasty(world.ground));
  core.go();
  return core;
}

const documents = async (): Promise<number> =>
  (await world.database('documents').where({ kind: 'case' }).count<{ n: number }[]>('* as n'))[0]?.n ?? 0;

it('issues every row once, whoever is killed when', { timeout: 240_000 }, async () => {
  const job = await submitted({ parts, lra, custodian, rows: aFileOf(parts, rows) });
  const counts = () => countRows(world.database, job.id);
  expect(await killedAmid({ start: thePortal, done: documents })).toBeGreaterThan(0);
  await runJobs(parts);
  expect(await documents()).toBe(rows);
  await lra.attest((await findJob(world.database, job.id)).attestationDigest ?? '');
  await runJobs(parts);
  const listed = await findJob(world.database, job.id);
  for (const officer of officers) {
    for (const position of listed.sample ?? []) {
      await addLook(world.database, listed, { position, memberId: officer.memberId, lookedAt: world.clock.now() });
    }
    await officer.approve(listed.listDigest ?? '');
  }
  await runJobs(parts);
  expect((await counts()).ordered).toBe(rows);

  await killedAmid({ start: theCore, done: () => world.store.certificates.count() });
  await killedAmid({ start: thePortal, done: async () => (await counts()).issued });
  await world.work();
  await runJobs(parts);
  expect(await counts()).toEqual({
    ...{ waiting: 0, ordered: 0, delivered: 0, failed: 0, cancelled: 0 },
    issued: rows,
  });
  expect((await findJob(world.database, job.id)).state).toBe('finished');
  expect(await world.store.certificates.count()).toBe(rows);
  const cases = await world.database('applications').where({ state: 'issued' }).count<{ n: number }[]>('* as n');
  expect(cases[0]?.n).toBe(rows);
});
