/** Edited byte, deletion, reorder, cut tail, purged head, rewritten log, fork: found on exported files and in the database. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkpointsIn, exportedCheckpoints, exportedLines } from '../../ca-core/audit/export.ts';
import { judgeAuditLog, type AuditVerdict, type CheckpointSource } from '../../ca-core/audit/judge.ts';
import { encodeAuditLeaf, leafHash } from '../../ca-core/audit/leaf.ts';
import { readNoteKey } from '../../ca-core/audit/signed-note.ts';
import { anAuditLog, anEvent, kindsOf, restore, rewriteLeaf, type AnAuditLog } from './an-audit-log.ts';

const size = 41;
const anotherLeaf = encodeAuditLeaf(anEvent(1_800_000_003, 'K26-other'));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

async function aGrownLog(): Promise<AnAuditLog> {
  const log = await anAuditLog();
  await log.grow(log.open(), 7, 1, 12, 20, 1);
  return log;
}

describe('exported files, with the public key alone', () => {
  let folder: string;
  let whole: string;
  let key: string;
  let forked: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kakuin-seven-'));
    const log = await aGrownLog();
    key = log.keyLine;
    whole = join(folder, 'whole');
    cpSync(await log.export('export'), whole, { recursive: true });
    forked = join(folder, 'forked');
    cpSync(await exportFork(log), forked, { recursive: true });
    await log.end();
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const judge = (dir: string, further: readonly CheckpointSource[] = []): Promise<AuditVerdict> =>
    judgeAuditLog({
      lines: exportedLines(dir),
      sources: [exportedCheckpoints(dir), ...further],
      key: readNoteKey(key),
    });

  /** The verdict on a copy in which one file was changed. */
  async function judgeSpoiled(file: string, spoil: (bytes: Buffer) => Buffer | string): Promise<AuditVerdict> {
    const dir = join(folder, 'spoiled');
    restore(whole, dir);
    writeFileSync(join(dir, file), spoil(readFileSync(join(dir, file))));
    return judge(dir);
  }

  const judgeLines = (change: (lines: string[]) => string[]): Promise<AuditVerdict> =>
    judgeSpoiled('leaves.jsonl', bytes => `${change(bytes.toString().trimEnd().split('\n')).join('\n')}\n`);

  /** The same lines, numbered as if nothing had happened. */
  const renumbered = (lines: string[]): string[] => lines.map((line, at) => line.replace(/"seq":\d+/, `"seq":${at}`));
  const without = (lines: string[], from: number, to: number): string[] =>
    lines.filter((_, at) => at < from || at >= to);

  it('hold as they were written', async () => {
    const verdict = await judge(whole);
    expect(verdict).toMatchObject({ size, checkpoints: 6, uncovered: 0, faults: [] });
    expect(verdict.newest?.root).toBe(verdict.root);
  });

  it('1. an edited byte: any byte of leaves or checkpoint', async () => {
    for (const file of ['leaves.jsonl', 'checkpoint']) {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (where, flip) => {
          const verdict = await judgeSpoiled(file, bytes => {
            const spoiled = Buffer.from(bytes);
            spoiled[where % bytes.length] = (spoiled[where % bytes.length] ?? 0) ^ flip;
            return spoiled;
          });
          expect(verdict.faults).not.toEqual([]);
        }),
        { numRuns: 60 },
      );
    }
    const verdict = await judgeLines(lines =>
      lines.map((line, at) => (at === 9 ? line.replace(/"leaf":"AQ/, '"leaf":"AR') : line)),
    );
    expect(verdict.faults).toEqual([{ kind: 'leafEdited', sentence: 'leaf 9 was changed' }]);
  });

  it('2. a deletion, also renumbered', async () => {
    expect((await judgeLines(lines => without(lines, 11, 13))).faults).toContainEqual({
      kind: 'leafMissing',
      sentence: 'leaves 11 to 12 are missing',
    });
    expect(kindsOf(await judgeLines(lines => renumbered(without(lines, 11, 12))))).toContain('rewritten');
  });

  it('3. a reorder, also renumbered', async () => {
    const swap = (lines: string[]): string[] => [
      ...lines.slice(0, 20),
      lines[21] ?? '',
      lines[20] ?? '',
      ...lines.slice(22),
    ];
    expect(kindsOf(await judgeLines(swap))).toEqual(['leafOutOfOrder']);
    expect(kindsOf(await judgeLines(lines => renumbered(swap(lines))))).toEqual(['rewritten']);
  });

  it('4. a cut tail', async () => {
    expect(kindsOf(await judgeLines(lines => lines.slice(0, -1)))).toEqual(['tailCut']);
    expect(kindsOf(await judgeLines(() => []))).toContain('tailCut');
  });

  it('5. a purged head, also renumbered, and purged checkpoints', async () => {
    expect(kindsOf(await judgeLines(lines => lines.slice(3)))).toContain('headPurged');
    expect(kindsOf(await judgeLines(lines => renumbered(lines.slice(3))))).toContain('rewritten');
    const dir = join(folder, 'headless');
    restore(whole, dir);
    for (const file of ['checkpoint', 'checkpoints.jsonl']) rmSync(join(dir, file));
    expect(kindsOf(await judge(dir))).toEqual(['checkpointMissing']);
  });

  it('6. a rewritten log: every line well, one of them another', async () => {
    const other = `{"seq":15,"leaf":"${base64(anotherLeaf)}","hash":"${base64(leafHash(anotherLeaf))}"}`;
    const verdict = await judgeLines(lines => lines.map((line, at) => (at === 15 ? other : line)));
    expect(verdict.faults[0]).toEqual({
      kind: 'rewritten',
      sentence: 'among leaves 8 to 19 are others than those that were signed',
    });
    expect(kindsOf(verdict)).toEqual(['rewritten']);
  });

  it('7. a fork: the same key signed another history', async () => {
    expect((await judge(forked)).faults).toEqual([]);
    const kept = {
      kept: 'elsewhere' as const,
      place: 'the auditor’s drawer',
      notes: checkpointsIn(join(whole, 'checkpoint')),
    };
    expect(kindsOf(await judge(forked, [kept]))).toEqual(['forked']);
    const mixed = join(folder, 'mixed');
    restore(forked, mixed);
    const both = [whole, forked].map(dir => readFileSync(join(dir, 'checkpoints.jsonl'), 'utf8')).join('');
    writeFileSync(join(mixed, 'checkpoints.jsonl'), both);
    expect(kindsOf(await judge(mixed))).toEqual(['forked']);
  });

  it('another key vouches for nothing', async () => {
    const log = await anAuditLog();
    const sources = [exportedCheckpoints(whole)];
    const verdict = await judgeAuditLog({ lines: exportedLines(whole), sources, key: readNoteKey(log.keyLine) });
    await log.end();
    expect(kindsOf(verdict)).toEqual(['checkpointInvalid', 'checkpointMissing']);
  });
});

/** Goes back to eight leaves, in the database and in the home, and lets the log grow otherwise. */
async function exportFork(log: AnAuditLog): Promise<string> {
  await goBack(log, 8);
  await log.grow(log.open(), 5, 30);
  return log.export('fork');
}

/** What whoever has the database and the home can do: leaves and checkpoints beyond `count` never were. */
async function goBack(log: AnAuditLog, count: number): Promise<void> {
  await log.database('audit_log').where('seq', '>=', count).delete();
  const [name] = [`${new Date(log.clock.now() * 1000).toISOString().slice(0, 10)}.log`];
  const history = join(log.folder, 'checkpoints', name);
  const lines = readFileSync(history, 'utf8').trimEnd().split('\n');
  const older = lines.filter(line => Number((JSON.parse(line) as { note: string }).note.split('\n')[1]) <= count);
  writeFileSync(history, older.map(line => `${line}\n`).join(''));
  writeFileSync(join(log.folder, 'checkpoint'), (JSON.parse(older.at(-1) ?? '') as { note: string }).note);
}

describe('the live log: leaves in the database, checkpoints in the home and in the second place', () => {
  let log: AnAuditLog;
  beforeEach(async () => (log = await aGrownLog()));
  afterEach(() => log.end());

  const leaves = () => log.database('audit_log');
  const found = async (): Promise<string[]> => kindsOf(await log.judge());

  it('hold as they were written', async () => {
    expect(await log.judge()).toMatchObject({ size, uncovered: 0, faults: [] });
  });

  it('1. an edited byte', async () => {
    const row = (await leaves().where({ seq: 9 }).first()) as { leaf: Buffer };
    row.leaf[20] = (row.leaf[20] ?? 0) ^ 1;
    await leaves().where({ seq: 9 }).update({ leaf: row.leaf });
    expect(await found()).toEqual(['leafEdited']);
  });

  it('2. a deletion, also with the rest moved up', async () => {
    await leaves().where({ seq: 9 }).delete();
    expect(await found()).toContain('leafMissing');
    for (let seq = 10; seq < size; seq++)
      await leaves()
        .where({ seq })
        .update({ seq: seq - 1 });
    expect(await found()).toEqual(['tailCut', 'rewritten']);
  });

  it('3. a reorder', async () => {
    for (const [from, to] of [
      [9, 1000],
      [10, 9],
      [1000, 10],
    ] as const)
      await leaves().where({ seq: from }).update({ seq: to });
    expect(await found()).toEqual(['rewritten']);
  });

  it('4. a cut tail', async () => {
    await leaves()
      .where({ seq: size - 1 })
      .delete();
    expect(await found()).toEqual(['tailCut']);
  });

  it('5. a purged head, and purged checkpoints', async () => {
    await leaves().where('seq', '<', 5).delete();
    expect(await found()).toContain('headPurged');
    rmSync(join(log.folder, 'checkpoint'));
    rmSync(join(log.folder, 'checkpoints'), { recursive: true });
    expect(await found()).toContain('checkpointMissing');
  });

  it('6. a rewritten log', async () => {
    await rewriteLeaf(log.database, 15, anotherLeaf);
    expect(await found()).toEqual(['rewritten']);
  });

  it('7. a fork: database and home went back and grew otherwise, the second place remembers', async () => {
    const remembered = join(log.base, 'remembered');
    restore(log.copy, remembered);
    await goBack(log, 8);
    await log.grow(log.open(), 5, 30);
    restore(remembered, log.copy);
    expect(await found()).toEqual(['forked']);
  });
});
