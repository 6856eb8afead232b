/** The sequencer: what it appends, when it signs, how it starts again, and what it refuses to go on from. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditStore } from '../../ca-core/store/audit.ts';
import { encodeAuditLeaf } from '../../ca-core/audit/leaf.ts';
import { storedLines } from '../../ca-core/audit/live-log.ts';
import { eventOf } from '../../ca-core/audit/prove.ts';
import { anAuditLog, anEvent, rewriteLeaf, type AnAuditLog } from './an-audit-log.ts';

let log: AnAuditLog;
beforeEach(async () => (log = await anAuditLog()));
afterEach(() => log.end());

const notesKept = (folder: string): number =>
  readdirSync(join(folder, 'checkpoints')).flatMap(day =>
    readFileSync(join(folder, 'checkpoints', day), 'utf8')
      .trimEnd()
      .split('\n'),
  ).length;

/** The same store, counting the leaves that are read. */
function counted(store: AuditStore): { readonly store: AuditStore; readonly read: () => number } {
  let rows = 0;
  const from = async (seq: number, limit: number) => {
    const read = await store.from(seq, limit);
    rows += read.length;
    return read;
  };
  return { store: { ...store, from }, read: () => rows };
}

describe('checkpoints', () => {
  it('are signed when the log has grown, no two within the interval, and once more at the end', async () => {
    const sequencer = log.open();
    await log.store.note(anEvent(1, 'K26-1'));
    await sequencer.sequence();
    for (let more = 0; more < 5; more++) {
      await log.store.note(anEvent(2, 'K26-2'));
      await sequencer.sequence();
    }
    expect(notesKept(log.folder)).toBe(2);
    expect(await log.judge()).toMatchObject({ size: 6, uncovered: 5, faults: [] });
    log.clock.pass(1);
    await sequencer.sequence();
    expect(await log.judge()).toMatchObject({ size: 6, uncovered: 0, faults: [] });
    log.clock.pass(1);
    await sequencer.sequence();
    expect(notesKept(log.folder)).toBe(3);
    await log.store.note(anEvent(3, 'K26-3'));
    await sequencer.sequence();
    await log.store.note(anEvent(3, 'K26-4'));
    await sequencer.sequence();
    await sequencer.close();
    expect(await log.judge()).toMatchObject({ size: 8, uncovered: 0, faults: [] });
  });

  it('are kept by the day, each of them, and in the second place', async () => {
    const sequencer = log.open();
    await log.grow(sequencer, 3, 4);
    log.clock.pass(86_400);
    await log.grow(sequencer, 5);
    await sequencer.close();
    expect(readdirSync(join(log.folder, 'checkpoints'))).toHaveLength(2);
    expect(notesKept(log.folder)).toBe(4);
    for (const file of ['checkpoint', 'audit.vkey'])
      expect(readFileSync(join(log.copy, file), 'utf8')).toBe(readFileSync(join(log.folder, file), 'utf8'));
    expect(readFileSync(join(log.folder, 'checkpoint'), 'utf8')).toMatch(
      /^ca\.example\/audit\n12\n[^\n]{44}\n\n— ca\.example\/audit [^\n]+\n$/,
    );
  });

  it('go on where the second place cannot be written: it is alarmed, and follows once it can', async () => {
    writeFileSync(log.copy, 'a file where a folder should be');
    const sequencer = log.open();
    await log.grow(sequencer, 2, 2);
    expect(log.copyFaults).toHaveLength(2);
    for (const fault of log.copyFaults) expect(fault).toMatch(/EEXIST|ENOTDIR/);
    rmSync(log.copy);
    log.clock.pass(1);
    await sequencer.sequence();
    expect(log.copyFaults.at(-1)).toBeUndefined();
    expect(readFileSync(join(log.copy, 'checkpoint'), 'utf8')).toBe(
      readFileSync(join(log.folder, 'checkpoint'), 'utf8'),
    );
  });
});

describe('a new start', () => {
  it('goes on from the peaks, reading two leaves and no more', async () => {
    await log.grow(log.open(), 3000, 2000, 77);
    const { store, read } = counted(log.store);
    await log.grow(log.open(store), 1);
    expect(read()).toBe(2);
    expect(await log.judge()).toMatchObject({ size: 5078, faults: [] });
  });

  it('reads every leaf where the peaks are gone, old or nonsense', async () => {
    const spoiled = [
      '',
      '{}',
      'null',
      '{"size":5,"hashes":[]}',
      `{"size":20,"hashes":["${'00'.repeat(32)}","${'00'.repeat(32)}"]}`,
    ];
    await log.grow(log.open(), 20);
    for (const text of spoiled) {
      writeFileSync(join(log.folder, 'peaks.json'), text);
      await log.grow(log.open(), 1);
      rmSync(join(log.folder, 'peaks.json'));
      await log.grow(log.open(), 1);
    }
    expect(await log.judge()).toMatchObject({ size: 30, uncovered: 0, faults: [] });
  });

  it('takes up leaves that were committed before a crash let the checkpoint be written', async () => {
    const sequencer = log.open();
    await log.grow(sequencer, 5);
    await log.store.noteAll([anEvent(9, 'K26-crash'), anEvent(9, 'K26-crash')]);
    await log.store.sequence(100, 0);
    await log.grow(log.open(), 1);
    expect(await log.judge()).toMatchObject({ size: 8, uncovered: 0, faults: [] });
  });

  it('follows another leader that appended in between', async () => {
    const [one, other] = [log.open(), log.open()];
    await log.grow(one, 3);
    await log.grow(other, 4);
    await log.grow(one, 5);
    expect(await log.judge()).toMatchObject({ size: 12, uncovered: 0, faults: [] });
  });

  it('does not read what lies between: that is for the verifier', async () => {
    await log.grow(log.open(), 20);
    await rewriteLeaf(log.database, 10, encodeAuditLeaf(anEvent(1, 'other')));
    await log.grow(log.open(), 1);
    expect((await log.judge()).faults).not.toEqual([]);
  });
});

describe('auditBroken', () => {
  const refused = async (reason: string): Promise<void> => {
    await log.store.note(anEvent(1, 'K26-after'));
    const before = await log.store.size();
    await expect(log.open().sequence()).rejects.toThrow(reason);
    expect(await log.store.size()).toBe(before);
  };
  beforeEach(() => log.grow(log.open(), 9));

  it('where the tail was cut, at the start or while it runs', async () => {
    const running = log.open();
    await running.sequence();
    await log.database('audit_log').where('seq', '>=', 7).delete();
    await expect(running.sequence()).rejects.toThrow('the log had 9 leaves and has 7');
    await refused('the log had 9 leaves and has 7');
  });

  it('where the first or the last leaf is gone or changed', async () => {
    await log.database('audit_log').where({ seq: 0 }).delete();
    await refused('leaf 0 is gone');
  });

  it('where a leaf after the checkpoint is not what its hash says', async () => {
    await log.store.note(anEvent(1, 'K26-x'));
    await log.store.sequence(10, 0);
    await log
      .database('audit_log')
      .where({ seq: 9 })
      .update({ leaf: Buffer.from('01', 'hex') });
    await refused('leaf 9 is gone or changed');
  });

  it('where the checkpoint is gone, or all of the folder, or another key signed', async () => {
    rmSync(join(log.folder, 'checkpoint'));
    await refused('the newest checkpoint is missing');
    rmSync(log.folder, { recursive: true });
    mkdirSync(log.folder);
    await expect(log.open(log.store, { ...log.key, age: 'kept' }).sequence()).rejects.toThrow(
      'the checkpoints are missing',
    );
  });

  it('where another key signed', async () => {
    const other = await anAuditLog();
    await expect(log.open(log.store, other.key).sequence()).rejects.toThrow('another key signed it');
    await other.end();
  });
});

describe('events', () => {
  it('of another hand that nobody can read come into the log as that, and stop nobody', async () => {
    const spoiled = ['', '{', 'null', '[]', '{"at":"now"}', JSON.stringify({ ...anEvent(1, 'x'), details: { n: 1 } })];
    await log.database('audit_outbox').insert([...spoiled, 7, Buffer.of(1)].map(event => ({ event })));
    await log.grow(log.open(), 1);
    const events = [];
    for await (const { leaf } of storedLines(log.store)) events.push(eventOf(leaf));
    expect(events.filter(event => event?.action === 'event.unreadable')).toHaveLength(8);
    expect(await log.judge()).toMatchObject({ size: 9, faults: [] });
  });

  it('that were kept late come into the log marked, once the outbox can be written', async () => {
    await log.lateEvents.keep([anEvent(5, 'K26-late'), anEvent(6, 'K26-late')]);
    const late = log.lateEvents.waiting();
    await log.grow(log.open(), 1);
    expect(log.lateEvents.waiting()).toEqual([]);
    const events = [];
    for await (const { leaf } of storedLines(log.store)) events.push(eventOf(leaf));
    expect(events.filter(event => event?.subject === 'K26-late')).toEqual(late);
    expect(new Set(late.map(({ details }) => details.backfilled)).size).toBe(2);
  });

  it('that were being kept when the power failed do not hide the next', async () => {
    await log.lateEvents.keep([anEvent(5, 'K26-1')]);
    const file = join(log.base, 'late-events.log');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"at":6,"serv`);
    await log.lateEvents.keep([anEvent(7, 'K26-2')]);
    expect(log.lateEvents.waiting().map(({ subject }) => subject)).toEqual(['K26-1', 'K26-2']);
    expect(existsSync(file)).toBe(true);
  });
});
