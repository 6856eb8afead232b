/** Whoever steers a job: what is held, cancelled, run again or signed unseen, and whose job it is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runJobs } from '../../ra-portal/bulk/run-jobs.ts';
import { steerJob } from '../../ra-portal/bulk/steer-job.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { findJob } from '../../ra-portal/store/bulk-jobs.ts';
import { countRows } from '../../ra-portal/store/bulk-row-counts.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { aBulkPortal, approved, submittedOf, type ABulkPortal } from './support/a-bulk-job.ts';
import type { ALra } from './support/an-lra.ts';

let bulk: ABulkPortal;
let world: APortal;
let parts: PortalParts;
let officers: readonly PortalOfficer[];
let lra: ALra;
beforeAll(async () => {
  bulk = await aBulkPortal();
  ({ world, parts, officers, lra } = bulk);
});
afterAll(() => world.end());

const counts = (id: string) => countRows(world.database, id);

describe('steering', () => {
  const by = (jobId: string) => ({ jobId, lra: lra.person });

  it('pauses and goes on: what is held is not taken up', async () => {
    const job = await submittedOf(bulk, 3);
    await approved(parts, job, { lra, officers });
    await steerJob(parts, by(job.id), 'pause');
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({ ordered: 3, issued: 0 });
    await expect(steerJob(parts, by(job.id), 'rerun')).rejects.toMatchObject({
      code: 'jobState',
    });
    await steerJob(parts, by(job.id), 'resume');
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({ ordered: 0, issued: 3 });
  });

  it('cancels what is not issued, and lets the file come again', async () => {
    const job = await submittedOf(bulk, 3);
    await approved(parts, job, { lra, officers });
    await steerJob(parts, by(job.id), 'pause');
    await steerJob(parts, by(job.id), 'cancel');
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({
      cancelled: 3,
      issued: 0,
      ordered: 0,
    });
    expect((await findJob(world.database, job.id)).state).toBe('cancelled');
    await expect(steerJob(parts, by(job.id), 'resume')).rejects.toMatchObject({
      code: 'jobState',
    });
    const again = await submittedOf(bulk, 3, {
      file: { hash: job.fileHash, name: 'again.csv' },
    });
    await steerJob(parts, by(again.id), 'cancel');
  });

  it('cancels before anybody has signed, and no signature counts any more', async () => {
    const job = await submittedOf(bulk, 2);
    await runJobs(parts);
    const { attestationDigest } = await findJob(world.database, job.id);
    await steerJob(parts, by(job.id), 'cancel');
    await expect(lra.attest(attestationDigest ?? '')).rejects.toMatchObject({
      code: 'documentVoided',
    });
    expect(await counts(job.id)).toMatchObject({ cancelled: 2 });
  });

  it('runs again only what failed, with new documents and new signatures', async () => {
    const job = await submittedOf(bulk, 4);
    await runJobs(parts);
    await lra.attest((await findJob(world.database, job.id)).attestationDigest ?? '');
    await runJobs(parts);
    const digests: unknown[] = await world.database('bulk_rows').where('job_id', job.id).pluck('digest');
    await world.store.documents.void(String(digests[1]), world.clock.now());
    await approved(parts, job, {
      lra: { ...lra, attest: () => Promise.resolve() },
      officers,
    });
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({ issued: 3, failed: 1 });
    const before = await world.store.certificates.count();
    await steerJob(parts, by(job.id), 'rerun');
    await approved(parts, job, { lra, officers });
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({ issued: 4, failed: 0 });
    expect((await findJob(world.database, job.id)).round).toBe(2);
    expect(await world.store.certificates.count()).toBe(before + 1);
  });

  it('does not run by signatures of officers who did not look', async () => {
    const job = await submittedOf(bulk, 2);
    await runJobs(parts);
    await lra.attest((await findJob(world.database, job.id)).attestationDigest ?? '');
    await runJobs(parts);
    const { listDigest } = await findJob(world.database, job.id);
    for (const officer of officers) await officer.approve(listDigest ?? '');
    await runJobs(parts);
    await world.work();
    expect(await findJob(world.database, job.id)).toMatchObject({
      state: 'awaitingApproval',
    });
    expect(await counts(job.id)).toMatchObject({ issued: 0 });
    for (const { visitor, signIn } of officers) {
      await signIn();
      for (const position of [0, 1]) {
        await visitor.json(`/officer/jobs/${job.id}/looks`, { position: String(position) }).expect(201);
      }
      await visitor.json(`/officer/jobs/${job.id}/looks`, { position: '7' }).expect(422);
    }
    await runJobs(parts);
    expect((await findJob(world.database, job.id)).state).toBe('running');
    await world.work();
    await runJobs(parts);
    expect(await counts(job.id)).toMatchObject({ issued: 2 });
  });

  it('tells an LRA of another organisation nothing', async () => {
    const job = await submittedOf(bulk, 1);
    const stranger = { ...lra.person, organisation: '1000000000000' };
    for (const step of ['pause', 'cancel', 'rerun'] as const) {
      const steering = { jobId: job.id, lra: stranger };
      await expect(steerJob(parts, steering, step)).rejects.toMatchObject({
        code: 'jobUnknown',
      });
    }
    await steerJob(parts, by(job.id), 'cancel');
  });
});
