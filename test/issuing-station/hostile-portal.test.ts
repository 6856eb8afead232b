/** What a portal that lies, or was broken into, can make of a station: nothing of anybody's token. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { endByHand, personalise, type StationParts } from '../../issuing-station/tokens/personalise.ts';
import type { JobEntry, PortalDesk } from '../../issuing-station/tokens/portal-desk.ts';
import { runTokens, type TokenNews } from '../../issuing-station/tokens/token-run.ts';
import { openTokenSlots, type TokenSlots } from '../../issuing-station/tokens/token-slots.ts';
import { openJournal } from '../../issuing-station/tokens/token-work.ts';
import { openVault } from '../../issuing-station/tokens/vault.ts';
import { settle } from '../support/a-ca.ts';
import { addBlankTokens, softHsmTokens, type SoftHsm } from '../support/soft-hsm.ts';
import { aTokenDesk, passphrase, type TokenDeskWorld } from './support/token-desk.ts';

const defaultSoPin = '12345678';
let tokens: SoftHsm;
let slots: TokenSlots;
let ground: TokenDeskWorld;
let core: OpenCa;
let parts: Omit<StationParts, 'desk'> & { desk: PortalDesk };
let serials: readonly string[];

beforeAll(async () => {
  tokens = softHsmTokens();
  addBlankTokens(tokens.module, 3, defaultSoPin);
  slots = openTokenSlots(tokens.module);
  serials = slots.list().map(({ serial }) => serial);
  ground = await aTokenDesk();
  core = await openCa(ground.world.ground, { log: silentLog, clock: ground.world.clock });
  const vault = await openVault(join(ground.home, 'vault'), { passphrase, defaultSoPin });
  // The CA core issues as soon as it is asked about.
  const certificate: PortalDesk['certificate'] = async job => {
    await settle(core);
    return ground.desk.certificate(job);
  };
  parts = { slots, vault, journal: openJournal(join(ground.home, 'jobs')), desk: { ...ground.desk, certificate } };
}, 60_000);
afterAll(async () => {
  await core.close();
  slots.close();
  await ground.end();
  tokens.end();
});

async function aJob(serial: string): Promise<JobEntry> {
  const [jobId = ''] = await ground.jobsFor([serial]);
  await settle(core);
  return ground.desk.job(jobId);
}

async function runOnce(jobs: readonly JobEntry[]): Promise<readonly TokenNews[]> {
  const told: TokenNews[] = [];
  const desk = { ...parts.desk, jobs: () => Promise.resolve(jobs) };
  const { signal } = new AbortController();
  await runTokens({ ...parts, desk, signal, rest: 10, isOnce: true, tell: news => told.push(news) });
  return told;
}

const labelOf = (serial: string): string => slots.list().find(one => one.serial === serial)?.label ?? '';
const certificates = async (): Promise<number> => (await ground.world.database('certificates')).length;

describe('a portal that cannot be believed', () => {
  it('cannot have a token erased that this station made for somebody: a new job for it, or the old one again', async () => {
    const [serial = ''] = serials;
    const entry = await aJob(serial);
    expect(await personalise(parts, entry.job)).toMatchObject({ state: 'done', work: { step: 'reported' } });
    const issued = await certificates();
    const { publicKey } = parts.journal.find(entry.job.jobId) ?? {};

    const replayed = { ...entry, state: 'ready' };
    const other = { ...replayed, job: { ...entry.job, jobId: randomUUID() } };
    const told = await runOnce([replayed, other]);
    expect(told.filter(({ kind }) => kind === 'green')).toEqual([]);
    expect(told).toContainEqual(expect.objectContaining({ kind: 'red' }));
    const reds = told.flatMap(news => (news.kind === 'red' ? [news.refusal.code] : []));
    expect(reds).toEqual(['tokenInUse']);
    expect(await certificates()).toBe(issued);
    const token = slots.open(serial, parts.vault.userPin(serial));
    expect(token.keyOf(Buffer.from(publicKey ?? '', 'hex'))).toBeDefined();
    token.close();
  });

  it('says that a token is in somebody’s hands: it is not touched', async () => {
    const [, serial = ''] = serials;
    const entry = await aJob(serial);
    const before = labelOf(serial);
    await ground.world.database('usb_tokens').where({ serial }).update({ state: 'suspended' });
    const told = await runOnce([entry]);
    const refusal = { code: 'tokenState', values: { state: 'suspended' } };
    expect(told.at(-2)).toMatchObject({ kind: 'red', refusal });
    expect(labelOf(serial)).toBe(before);
    await ground.world.database('usb_tokens').where({ serial }).update({ state: 'unformatted' });
    expect(await personalise(parts, entry.job)).toMatchObject({ state: 'done', work: { step: 'reported' } });
  });

  it('hands over a certificate for another key: the token is spoilt, and nobody gets it', async () => {
    const [, , serial = ''] = serials;
    const entry = await aJob(serial);
    const foreign = await parts.desk.certificate((await ground.desk.job(firstJob())).job);
    const desk = { ...parts.desk, certificate: () => Promise.resolve(foreign) };
    const { work } = await personalise({ ...parts, desk }, entry.job);
    expect(work).toMatchObject({ step: 'damaged', reason: 'the certificate is for another key' });
    expect((await ground.desk.standing(entry.job.jobId)).state).toBe('damaged');
  });

  it('takes a second key for the same job from nobody', async () => {
    const [, , , serial = ''] = serials;
    const entry = await aJob(serial);
    const waiting = { ...parts, desk: { ...parts.desk, certificate: () => Promise.resolve(undefined) } };
    expect(await personalise(waiting, entry.job)).toMatchObject({ state: 'waiting' });
    parts.journal.forget(serial);
    await expect(personalise(waiting, entry.job)).rejects.toMatchObject({ code: 'tokenKeyTwice' });
    await endByHand(parts, entry.job, { outcome: 'damaged', reason: 'its journal was lost' });
    expect(parts.journal.find(entry.job.jobId)?.step).toBe('damaged');
    expect((await ground.desk.standing(entry.job.jobId)).state).toBe('damaged');
  });
});

const firstJob = (): string => parts.journal.all().find(({ step }) => step === 'reported')?.job.jobId ?? '';
