/** A job from the file to the certificates: every row once, whatever is submitted twice, stopped, or run again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobStates, jobTransitions, rowStates, rowTransitions } from '../../ra-portal/bulk/states.ts';
import { runJobs } from '../../ra-portal/bulk/run-jobs.ts';
import { steerJob } from '../../ra-portal/bulk/steer-job.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { findJob } from '../../ra-portal/store/bulk-jobs.ts';
import { countRows } from '../../ra-portal/store/bulk-row-counts.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { aFileOf, approved, submitted } from './support/a-bulk-job.ts';
import { aCustodian, anLra, partsOf, type ACustodian, type ALra } from './support/an-lra.ts';

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

const asked = (count: number) => ({ parts, lra, custodian, rows: aFileOf(parts, count) });
const counts = (id: string) => countRows(world.database, id);

describe('the tables of transitions', () => {
  it('name every state, lead to states that exist, and end', () => {
    expect(Object.keys(jobTransitions)).toEqual([...jobStates]);
    expect(Object.keys(rowTransitions)).toEqual([...rowStates]);
    for (const to of Object.values(jobTransitions).flat()) expect(jobStates).toContain(to);
    expect([jobTransitions.cancelled, rowTransitions.cancelled, rowTransitions.delivered]).toEqual([[], [], []]);
  });
});

describe('a job', () => {
  it('is issued once attested, sampled and approved by two; nothing before', async () => {
    const job = await submitted(asked(12));
    await runJobs(parts);
    await world.work();
    const waiting = await findJob(world.database, job.id);

    expect(waiting).toMatchObject({ state: 'awaitingAttestation', size: 12, sample: null });
    expect(await world.store.certificates.count()).toBe(0);
    const running = await approved(parts, job, { lra, officers });
    expect(running.state).toBe('running');
    expect(running.sample).toHaveLength(10);
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({ issued: 12, failed: 0, ordered: 0 });
    expect((await findJob(world.database, job.id)).state).toBe('finished');
  });

  it('takes a file once, and says which job has it', async () => {
    const first = await submitted(asked(2));
    const again = { file: { hash: first.fileHash, name: 'again.csv' } };
    await expect(submitted(asked(2), again)).rejects.toMatchObject({ code: 'fileTwice', values: { job: first.id } });
    await steerJob(parts, { jobId: first.id, lra: lra.person }, 'cancel');
    const third = await submitted(asked(2), again);
    await steerJob(parts, { jobId: third.id, lra: lra.person }, 'cancel');
  });
});
