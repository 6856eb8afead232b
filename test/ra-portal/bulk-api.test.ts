/** Bulk jobs for programs: every operation as described, and the commands that use them. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bulkOperations } from '../../ra-portal/api/bulk.ts';
import type { Operation } from '../../ra-portal/api/operation.ts';
import { addBulkJobCommands } from '../../scripts/commands/bulk-jobs.ts';
import type { PortalParts } from '../../ra-portal/parts.ts';
import { findJob } from '../../ra-portal/store/bulk-jobs.ts';
import { z } from '../../ca-core/schema.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { approved } from './support/a-bulk-job.ts';
import { aProgram, type AProgram } from './support/a-program.ts';
import { aCustodian, anLra, type ACustodian, type ALra } from './support/an-lra.ts';
import { partsOf } from './support/parts-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-bulk-'));
let world: APortal;
let parts: PortalParts;
let officers: readonly PortalOfficer[];
let lra: ALra;
let custodian: ACustodian;
let program: AProgram;
beforeAll(async () => {
  world = await aPortal();
  officers = await world.officers();
  lra = await anLra(world, officers);
  custodian = await aCustodian(world);
  parts = partsOf(world);
  program = await aProgram(world, { kind: 'person', subject: lra.id });
  writeFileSync(join(folder, 'token'), program.token, { mode: 0o600 });
});
afterAll(async () => {
  await world.end();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  process.exitCode = 0;
});

const head = '氏名,フリガナ,ローマ字氏名,メールアドレス,本人確認書類,本人確認方法,本人確認日';
const table = (name: string, domain = 'kakuu-kakuin.example'): Buffer =>
  Buffer.from(`${head}\r\n架空 一号,カクウ イチゴウ,Kakuu Ichigo,${name}@${domain},運転免許証,対面,2026-11-02`);

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** By the operation's own schema: nothing is answered that is not described, and nothing described is left out. */
function asDescribed(id: string, { status, body }: Answered): void {
  const operation: Operation | undefined = bulkOperations.find(one => one.id === id);
  const schema = operation?.answers[status];
  if (!(schema instanceof z.ZodType)) throw new Error(`${id} answered ${status}: ${JSON.stringify(body)}`);
  expect(schema.safeParse(body).error, id).toBeUndefined();
}

describe('programs', () => {
  it('submit, follow, steer and collect', async () => {
    asDescribed('listCustodians', await program.get('/api/v1/bulk/custodians'));
    const query = `profile=jcan-classic&keyAlgorithm=p-256&custodian=${custodian.id}`;
    const path = `/api/v1/bulk/jobs?${query}`;
    const faulty = await program.file(path, 'text/csv', table('one', 'elsewhere.example'));
    expect(faulty.body).toMatchObject({ status: 422, code: 'rowsFaulty' });
    const made = await program.file(path, 'text/csv', table('one'));
    asDescribed('submitBulkJob', made);
    const { job } = made.body as { job: string };
    const twice = await program.file(path, 'text/csv', table('one'));
    expect(twice.body).toMatchObject({ status: 409, code: 'fileTwice' });
    asDescribed('listBulkJobs', await program.get('/api/v1/bulk/jobs'));
    asDescribed('getBulkJob', await program.get(`/api/v1/bulk/jobs/${job}`));
    asDescribed('listBulkRows', await program.get(`/api/v1/bulk/jobs/${job}/rows?state=waiting`));
    expect((await program.get('/api/v1/bulk/jobs/J26-0000-0000')).body).toMatchObject({ code: 'jobUnknown' });
    await approved(parts, await findJob(world.database, job), {
      lra,
      officers,
    });
    const act = `/api/v1/bulk/jobs/${job}`;
    expect((await program.post(`${act}/files`)).body).toMatchObject({
      code: 'jobState',
    });
    asDescribed('pauseBulkJob', await program.post(`${act}/pause`));
    asDescribed('resumeBulkJob', await program.post(`${act}/resume`));
    await world.work();
    await world.portal.runJobs();
    asDescribed('collectBulkFiles', await program.post(`${act}/files`));
    asDescribed('rerunBulkJob', await program.post(`${act}/rerun`));
    asDescribed('cancelBulkJob', await program.post(`${act}/cancel`));
  });
});

/** A command as it is typed; what it prints and how it ends. */
async function kakuin(...words: string[]): Promise<{ readonly value: unknown; readonly code: number }> {
  process.exitCode = 0;
  const printed: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
  const root = new Command('kakuin').exitOverride().configureOutput({ writeErr: () => undefined });
  addBulkJobCommands(root);
  for (const command of root.commands[0]?.commands ?? []) command.exitOverride();
  const common = ['--token-file', join(folder, 'token'), '--portal', world.url, '--json'];
  try {
    await root.parseAsync(['bulk', ...words, ...common], { from: 'user' });
    return {
      value: JSON.parse(printed.join('\n')) as unknown,
      code: Number(String(process.exitCode)),
    };
  } finally {
    log.mockRestore();
  }
}

describe('kakuin bulk', () => {
  it('submits, tells how far it is, and collects files that only their keeper opens', async () => {
    const file = join(folder, 'staff.csv');
    writeFileSync(file, table('two'));
    const wish = [file, '--profile', 'jcan-classic', '--keeper', custodian.id, '--key', 'p-256'];
    const made = await kakuin('submit', ...wish);
    expect(made).toMatchObject({ code: 0, value: { rows: 1 } });
    expect(await kakuin('submit', ...wish)).toMatchObject({
      code: 1,
      value: { refused: 'fileTwice' },
    });
    const { job } = made.value as { job: string };
    await world.portal.runJobs();
    const waiting = await kakuin('status', job, '--wait');
    expect(waiting).toMatchObject({
      code: 0,
      value: {
        state: 'awaitingAttestation',
        attestAt: expect.any(String) as unknown,
      },
    });
    await approved(parts, await findJob(world.database, job), {
      lra,
      officers,
    });
    await world.work();
    await world.portal.runJobs();
    const to = join(folder, 'files');
    expect(await kakuin('collect', job, '--to', to)).toMatchObject({ code: 0 });
    expect(readdirSync(to)).toEqual([expect.stringMatching(/^00002-Kakuu-Ichigo-K26-.*\.p12$/)]);
    expect(await kakuin('status', job)).toMatchObject({
      value: { counts: { delivered: 1 } },
    });
    expect(await kakuin('rerun', 'J26-0000-0000')).toMatchObject({
      code: 1,
      value: { refused: 'jobUnknown' },
    });
    await expect(kakuin('submit', join(folder, 'nothing.csv'), ...wish.slice(1))).rejects.toMatchObject({
      exitCode: 2,
    });
  });
});
