/** SIGKILL of the portal and of the CA core at moments that nobody chose: every row of a job once, and the counts right. */
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
import { aCustodian, anLra, partsOf, type ACustodian, type ALra } from '../ra-portal/support/an-lra.ts';
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

/** Lets the portal's rounds run so long from their first word on, then kills them. */
async function portalFor(milliseconds: number): Promise<void> {
  const args = [program, world.ground.database, JSON.stringify(world.settings)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  await pause(milliseconds);
  child.kill('SIGKILL');
  await gone;
}

async function coreFor(milliseconds: number): Promise<void> {
  const core = startKillable(hasty(world.ground));
  await pause(milliseconds);
  await core.kill();
}

it('issues every row once, whoever is killed when', { timeout: 240_000 }, async () => {
  const job = await submitted({ parts, lra, custodian, rows: aFileOf(parts, rows) });
  for (const moment of [700, 900, 1100]) await portalFor(moment);
  await runJobs(parts);
  const documents = await world.database('documents').where({ kind: 'case' }).count<{ n: number }[]>('* as n');
  expect(documents[0]?.n).toBe(rows);
  await lra.attest((await findJob(world.database, job.id)).attestationDigest ?? '');
  await portalFor(900);
  await runJobs(parts);
  const listed = await findJob(world.database, job.id);
  for (const officer of officers) {
    for (const position of listed.sample ?? []) {
      await addLook(world.database, listed, { position, memberId: officer.memberId, lookedAt: world.clock.now() });
    }
    await officer.approve(listed.listDigest ?? '');
  }
  await portalFor(900);
  await runJobs(parts);
  await Promise.all([portalFor(1_200), coreFor(900)]);
  await Promise.all([portalFor(1_000), coreFor(1_200)]);
  await world.work();
  await runJobs(parts);
  expect(await countRows(world.database, job.id)).toEqual({
    ...{ waiting: 0, ordered: 0, delivered: 0, failed: 0, cancelled: 0 },
    issued: rows,
  });
  expect((await findJob(world.database, job.id)).state).toBe('finished');
  expect(await world.store.certificates.count()).toBe(rows);
  const cases = await world.database('applications').where({ state: 'issued' }).count<{ n: number }[]>('* as n');
  expect(cases[0]?.n).toBe(rows);
});
