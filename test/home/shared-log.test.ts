import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileLock } from '../../ca-core/home/file-lock.ts';
import { takeSeat } from '../../ca-core/home/lock.ts';
import { openSharedLog, type SharedLog } from '../../ca-core/home/shared-log.ts';
import { openSignerLog, type SignerLogEntry } from '../../ca-core/home/signer-log.ts';
import { openStatusJournal, type JournalEntry } from '../../ca-core/home/status-journal.ts';
import { compiled } from '../support/compiled.ts';
import { refusalOf } from '../support/refusal.ts';

const logWriter = compiled('test/support/log-writer.ts');
const seatTaker = compiled('test/support/seat-taker.ts');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kakuin-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const certificate = (
  caseId: string,
  change: Partial<SignerLogEntry & { kind: 'certificate' }> = {},
): SignerLogEntry => ({
  kind: 'certificate',
  at: 1,
  caseId,
  digest: `digest of ${caseId}`,
  serialNumber: `0${caseId}`,
  notAfter: 2,
  tbs: `tbs of ${caseId}`,
  ...change,
});

const crl = (crlNumber: number): SignerLogEntry => ({ kind: 'crl', at: 1, crlNumber, tbs: String(crlNumber) });
const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

describe('a log that several workers append to', () => {
  const everything = <T>(entries: readonly T[]): readonly T[] => entries;

  async function open(name = 'log'): Promise<{ log: SharedLog<number>; seen: number[] }> {
    const seen: number[] = [];
    return { log: await openSharedLog<number>(join(folder, name), entry => seen.push(entry)), seen };
  }

  it('shows each what the others wrote before it lets them write', async () => {
    const [one, other] = [await open(), await open()];
    await one.log.append([1, 2], everything);
    const asked: number[][] = [];
    await other.log.append([3], entries => {
      asked.push([...other.seen]);
      return entries;
    });
    expect(asked).toEqual([[1, 2]]);
    one.log.follow();
    expect([one.seen, other.seen]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
  });

  it('writes nothing where what is asked throws, and lets the next one write', async () => {
    const [one, other] = [await open(), await open()];
    const refused = one.log.append([1], () => {
      throw new Error('no');
    });
    await expect(refused).rejects.toThrow('no');
    await other.log.append([2], everything);
    expect(linesOf(join(folder, 'log'))).toEqual(['2']);
  });

  it('cuts off what a killed worker left of a line, and reads no half line before', async () => {
    const [one, other] = [await open(), await open()];
    await one.log.append([1], everything);
    appendFileSync(join(folder, 'log'), '23');
    other.log.follow();
    expect(other.seen).toEqual([1]);
    await other.log.append([4], everything);
    expect(linesOf(join(folder, 'log'))).toEqual(['1', '4']);
    one.log.follow();
    expect(one.seen).toEqual([1, 4]);
  });

  it('keeps every line whole though processes write at once and are killed', async () => {
    const file = join(folder, 'signer.log');
    const writers = ['a', 'b', 'c'].map(name => fork(logWriter, [file, name], { stdio: 'ignore' }));
    const doomed = writers.pop();
    setTimeout(() => doomed?.kill('SIGKILL'), 400);
    await Promise.all(writers.map(writer => once(writer, 'exit')));
    const log = await openSignerLog(file);
    const cases = linesOf(file).map(line => (JSON.parse(line) as { caseId: string }).caseId);
    expect(new Set(cases).size).toBe(cases.length);
    expect(cases.filter(name => name.startsWith('shared')).length).toBe(200);
    for (const name of ['a', 'b']) expect(cases.filter(one => one.startsWith(name)).length).toBe(200);
    await log.close();
  });
});

describe('the signer log of several workers', () => {
  it('has one TBS for a case, whoever comes first', async () => {
    const [one, other] = [await openSignerLog(join(folder, 'log')), await openSignerLog(join(folder, 'log'))];
    await one.append([certificate('1'), certificate('2')]);
    const second = certificate('1', { tbs: 'another', serialNumber: '09' });
    await expect(other.append([certificate('3'), second])).rejects.toThrow('another worker');
    expect(other.tbsOfCase('3')).toBeUndefined();
    expect(other.tbsOfCase('1')).toBe('tbs of 1');
    await other.append([certificate('1'), certificate('3')]);
    expect(linesOf(join(folder, 'log')).length).toBe(3);
  });

  it('has no digest, serial number or CRL number twice', async () => {
    const [one, other] = [await openSignerLog(join(folder, 'log')), await openSignerLog(join(folder, 'log'))];
    await one.append([certificate('1'), crl(1)]);
    const twice = [
      certificate('2', { digest: 'digest of 1' }),
      certificate('2', { serialNumber: '01' }),
      crl(1),
      crl(3),
    ];
    for (const entry of twice) await expect(other.append([entry])).rejects.toThrow('another worker');
    await other.append([crl(2)]);
    one.follow();
    expect(one.lastCrl().crlNumber).toBe(2);
  });
});

describe('the status journal of several workers', () => {
  const decision = (digest: string): JournalEntry => ({
    at: 1,
    serialNumber: '4a',
    change: 'revoked',
    reason: 'superseded',
    revokedAt: 1,
    invalidityDate: null,
    notAfter: 9,
    askedBy: 'officer',
    digest,
  });

  it('takes no decision that was made without knowing another, and each document once', async () => {
    const [one, other] = [await openStatusJournal(join(folder, 'log')), await openStatusJournal(join(folder, 'log'))];
    await one.append([{ entry: decision('aa'.repeat(32)), last: undefined }]);
    await expect(other.append([{ entry: decision('bb'.repeat(32)), last: undefined }])).rejects.toThrow(
      'at the same time',
    );
    await other.append([{ entry: decision('aa'.repeat(32)), last: undefined }]);
    await other.append([{ entry: decision('bb'.repeat(32)), last: other.of('4a') }]);
    expect(linesOf(join(folder, 'log')).length).toBe(2);
  });
});

describe('the seats of a home', () => {
  it('are as many as the setting says, and one that was left is free', () => {
    const [one, other] = [takeSeat(folder, 2), takeSeat(folder, 2)];
    expect([one.number, other.number, one.others(), other.others()]).toEqual([1, 2, [2], [1]]);
    expect(refusalOf(() => takeSeat(folder, 2))?.values).toEqual({ pid: process.pid });
    one.leave();
    expect(other.others()).toEqual([]);
    expect(takeSeat(folder, 2).number).toBe(1);
  });

  it('are free again the moment that a process is killed', async () => {
    const child = fork(seatTaker, [folder], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    expect(refusalOf(() => takeSeat(folder))?.code).toBe('alreadyRunning');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(takeSeat(folder).number).toBe(1);
  });

  it('are locks of this process too', () => {
    const [one, other] = [openFileLock(join(folder, 'x.lock')), openFileLock(join(folder, 'x.lock'))];
    expect([one.take(), other.take()]).toEqual([true, false]);
    one.release();
    expect(other.take()).toBe(true);
    one.close();
    other.close();
  });
});
