/** A hundred tokens from blank to active, against a real portal and CA core, while station, portal and tokens come and go. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { troubleWith } from '../../issuing-station/tokens/token-failure.ts';
import { runTokens, type TokenNews } from '../../issuing-station/tokens/token-run.ts';
import { openTokenSlots, type TokenSlots } from '../../issuing-station/tokens/token-slots.ts';
import { openJournal, type Journal } from '../../issuing-station/tokens/token-work.ts';
import { openVault, type Vault } from '../../issuing-station/tokens/vault.ts';
import { drawing, interrupted, Killed } from '../support/interrupted.ts';
import { addBlankTokens, softHsmTokens, type SoftHsm } from '../support/soft-hsm.ts';
import { aTokenDesk, passphrase, type TokenDeskWorld } from './support/token-desk.ts';

const count = 100;
const makersSoPin = '12345678';
let tokens: SoftHsm;
let slots: TokenSlots;
let ground: TokenDeskWorld;
let core: OpenCa;
let vault: Vault;
let journal: Journal;
const closing = new AbortController();
let working: Promise<void>;

beforeAll(async () => {
  tokens = softHsmTokens();
  addBlankTokens(tokens.module, count - 1, makersSoPin);
  slots = openTokenSlots(tokens.module);
  ground = await aTokenDesk();
  vault = await openVault(join(ground.home, 'vault'), { passphrase, defaultSoPin: makersSoPin });
  journal = openJournal(join(ground.home, 'jobs'));
  core = await openCa(ground.world.ground, { log: silentLog, clock: ground.world.clock });
  working = workOn();
}, 120_000);
afterAll(async () => {
  closing.abort();
  await working;
  await core.close();
  slots.close();
  await ground.end();
  tokens.end();
});

/** The CA core at its own pace. */
async function workOn(): Promise<void> {
  while (!closing.signal.aborted) if (!(await core.turn())) await pause(20);
}

const news: TokenNews[] = [];

/** What may happen to each part besides being killed with the others. */
const pulled = (): Error => troubleWith('gone', 'pulled');
const away = (): Error => new PkiError('portalUnreachable', { url: ground.front.url, reason: 'gone in the middle' });
const killed = (): Error => new Killed();

/** The run until it ends by itself; how often it was killed on the way. */
async function runUntilDone(draw: () => number): Promise<number> {
  const mishap = (what: () => Error) => () => {
    if (draw() < 0.008) throw draw() < 0.5 ? what() : killed();
  };
  const parts = {
    slots: interrupted(slots, mishap(pulled)),
    desk: interrupted(ground.desk, mishap(away)),
    vault: interrupted(vault, mishap(killed)),
    journal: interrupted(journal, mishap(killed)),
  };
  for (let kills = 0; ; kills++) {
    try {
      const { signal } = closing;
      await runTokens({ ...parts, signal, rest: 300, isOnce: true, tell: one => news.push(one) });
      return kills;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
}

describe('a hundred tokens', () => {
  it('become a hundred people’s, each with one key and one certificate, whatever is interrupted', async () => {
    const serials = slots.list().map(({ serial }) => serial);
    expect(serials).toHaveLength(count);
    const jobs = await ground.jobsFor(serials);
    while ((await ground.desk.jobs()).length < count) await pause(100);
    const kills = await runUntilDone(drawing(20_261_122));
    expect(kills).toBeGreaterThan(10);
    expect(news.filter(one => one.kind === 'red' && one.refusal.code === 'portalUnreachable').length).toBeGreaterThan(
      5,
    );
    expect(news.at(-1)).toEqual({ kind: 'finished', left: 0 });

    const { world } = ground;
    const rows = (await world.database('certificates').whereNotNull('case_id')) as { certificate: Uint8Array }[];
    expect(rows).toHaveLength(count);
    const keys = new Set<string>();
    for (const [at, jobId] of jobs.entries()) {
      const work = journal.find(jobId);
      expect(work).toMatchObject({ step: 'reported', job: { tokenSerial: serials[at] } });
      const row = await world.store.certificates.ofCase(work?.job.caseId ?? '');
      const certificate = readCertificate(row?.certificate ?? new Uint8Array());
      const publicKey = toHex(certificate.subjectPublicKeyInfo);
      expect(publicKey).toBe(work?.publicKey);
      keys.add(publicKey);
    }
    expect(keys.size).toBe(count);
    const states = await world.database('usb_tokens').pluck<string[]>('state');
    expect(states).toEqual(serials.map(() => 'active'));
  }, 300_000);

  it('hold what the portal has of them, and open with the PIN that is for the letter', () => {
    for (const { job, publicKey } of journal.all().slice(0, 10)) {
      const token = slots.open(job.tokenSerial, vault.userPin(job.tokenSerial));
      const onToken = token.certificates().map(der => toHex(readCertificate(der).subjectPublicKeyInfo));
      expect(onToken.filter(key => key === publicKey)).toHaveLength(1);
      expect(onToken).toHaveLength(3);
      token.close();
    }
  });

  it('leave no PIN in clear: neither at the station, nor in the portal, nor in what was told', async () => {
    const pins = slots.list().flatMap(({ serial }) => [vault.userPin(serial), ...vault.soPins(serial)]);
    expect(new Set(pins).size).toBe(2 * count);
    const files = [ground.home, ground.world.home].flatMap(folder =>
      readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile()),
    );
    const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
    texts.push(JSON.stringify(news));
    // Eight digits may stand in some file by chance; sixteen never do.
    const all = texts.join('\n');
    expect(pins.filter(pin => pin.length === 16 && all.includes(pin))).toEqual([]);
    const told = await ground.world.database('token_jobs');
    const own = `${JSON.stringify(told)} ${JSON.stringify(news)} ${JSON.stringify(journal.all())}`;
    expect(pins.filter(pin => own.includes(pin))).toEqual([]);
  });
});
