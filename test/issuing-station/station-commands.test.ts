/** `kakuin station` as it is typed at the desk: pairing by a code on standard input, then tokens from blank to active. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmEnrolment, inviteStation } from '../../ca-core/console.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { buildChanged, type Outcome } from '../scripts/compiled.ts';
import { addBlankTokens, softHsmTokens, type SoftHsm } from '../support/soft-hsm.ts';
import { aTokenDesk, passphrase, type TokenDeskWorld } from './support/token-desk.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-station-commands-'));
const at = (name: string): string => join(folder, name);
let tokens: SoftHsm;
let ground: TokenDeskWorld;
let core: OpenCa;
const closing = new AbortController();
let working: Promise<void>;

beforeAll(async () => {
  buildChanged();
  tokens = softHsmTokens();
  addBlankTokens(tokens.module, 2, makersSoPin);
  ground = await aTokenDesk();
  writeFileSync(at('passphrase'), `${passphrase}\n`, { mode: 0o600 });
  writeFileSync(at('so-pin'), `${makersSoPin}\n`, { mode: 0o600 });
  writeFileSync(at('trust.pem'), ground.front.certificate);
  core = await openCa(ground.world.ground, { log: silentLog, clock: ground.world.clock });
  working = workOn();
}, 120_000);
afterAll(async () => {
  closing.abort();
  await working;
  await core.close();
  await ground.end();
  tokens.end();
  rmSync(folder, { recursive: true, force: true });
});

const makersSoPin = '12345678';

async function workOn(): Promise<void> {
  while (!closing.signal.aborted) if (!(await core.turn())) await pause(20);
}

/** The portal runs in this very program, so nothing may wait here while the command runs. */
function station(home: string, words: readonly string[], { typed = '', tokensToo = true } = {}): Promise<Outcome> {
  const settings = {
    KAKUIN_HOME: folder,
    KAKUIN_STATION_HOME: home,
    KAKUIN_STATION_PASSPHRASE_FILE: at('passphrase'),
    ...(tokensToo ? { KAKUIN_STATION_MODULE: tokens.module, KAKUIN_STATION_SO_PIN_FILE: at('so-pin') } : {}),
  };
  const child = spawn(process.execPath, [join('dist', 'scripts', 'kakuin.js'), 'station', ...words], {
    cwd: projectRoot,
    env: { ...process.env, ...settings },
  });
  child.stdin.end(typed);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise(resolve => child.on('close', status => resolve({ status, stdout, stderr })));
}

describe('kakuin station pair and status', () => {
  const home = at('another');
  const of = (portal: string): string[] => [
    ...['pair', '--portal', portal, '--trust', at('trust.pem')],
    ...['--name', '二番目の端末', '--mailbox', 'second@ra.example'],
  ];

  it('brings this station to the portal under the code, and says whether it is on the roll', async () => {
    expect(await station(home, ['status'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('pair') as string,
    });
    const { code, invitationId, memberId } = await inviteStation(ground.world.terminal, 'station-second');
    const paired = await station(home, of(ground.front.url), { typed: `${code}\n` });
    expect(paired.status, paired.stderr).toBe(0);
    expect(paired.stdout).toMatch(/This station is station-second\..*\n +[0-9a-zA-Z:+/= -]+\n.*officers confirm/);
    expect(paired.stdout + paired.stderr).not.toContain(code);
    const before = await station(home, ['status']);
    expect(before).toMatchObject({ status: 1, stdout: expect.stringContaining('It is not on the roll') as string });
    const confirmed = await confirmEnrolment(ground.world.terminal, invitationId);
    for (const officer of ground.officers) {
      await officer.approve(confirmed.outcome === 'awaitingOfficers' ? confirmed.digest : '');
    }
    for (let left = 100; left > 0 && (await station(home, ['status'])).status !== 0; left--) await pause(100);
    const { stdout } = await station(home, ['status', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ memberId, name: '二番目の端末', onRoll: true });
  });

  it('refuses in a sentence a URL that is none, a code that is none, a door that nobody opened and an unknown word', async () => {
    const fresh = at('fresh');
    const tries: readonly [string[], string, RegExp, number][] = [
      [of('portal'), 'x', /--portal is a URL/, 2],
      [of(ground.front.url), '', /Give the one-time code/, 2],
      [of(ground.front.url), 'ABCD-EFGH\n', /code/, 1],
      [of('https://localhost:9'), 'ABCD-EFGH\n', /./, 1],
      [['bless'], '', /unknown command/, 2],
    ];
    for (const [words, typed, sentence, status] of tries) {
      const outcome = await station(fresh, words, { typed });
      expect([words[0], outcome.status, outcome.stdout]).toEqual([words[0], status, '']);
      expect(outcome.stderr).toMatch(sentence);
      expect(outcome.stderr).not.toMatch(/ {4}at /);
    }
  });
});

describe('kakuin station tokens', () => {
  it('shows what lies in the slots, enters it, makes what two officers approved, and is done', async () => {
    const listed = JSON.parse((await station(ground.home, ['tokens', 'list', '--json'])).stdout) as readonly {
      readonly serial: string;
    }[];
    const serials = listed.map(({ serial }) => serial);
    expect(serials).toHaveLength(3);
    expect(await station(ground.home, ['tokens', 'enter'])).toMatchObject({ status: 0 });
    expect(await ground.world.database('usb_tokens').count({ count: '*' })).toEqual([{ count: 3 }]);
    const jobs = await ground.jobsFor(serials.slice(0, 2));
    while ((await ground.desk.jobs()).length < 2) await pause(50);
    const run = await station(ground.home, ['tokens', 'run', '--once', '--json']);
    expect(run.status, run.stderr).toBe(0);
    const { done, ...rest } = JSON.parse(run.stdout) as { readonly done: readonly { readonly jobId: string }[] };
    expect([done.map(({ jobId }) => jobId).sort(), rest]).toEqual([[...jobs].sort(), { refused: [], left: 0 }]);
    expect(run.stderr).toMatch(/token 1 of 2 .*: done; take it out/);
    expect(run.stderr).toContain('Every job is done.');
    const states = await ground.world.database('usb_tokens').orderBy('state').pluck<string[]>('state');
    expect(states).toEqual(['active', 'active', 'unformatted']);
    expect((await station(ground.home, ['tokens', 'list'])).stdout.match(/active/g)).toHaveLength(2);
  });

  it('says which setting is missing, and that a job is unknown', async () => {
    const bare = await station(ground.home, ['tokens', 'list'], { tokensToo: false });
    expect(bare).toMatchObject({ status: 1, stderr: expect.stringContaining('KAKUIN_STATION_MODULE') as string });
    const words = ['tokens', 'end', 'no-job', '--outcome', 'failed', '--reason', 'a try'];
    expect(await station(ground.home, words)).toMatchObject({ status: 1, stdout: '' });
    const wrong = await station(ground.home, [...words.slice(0, 4), 'lost', ...words.slice(5)]);
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('damaged or failed') as string });
  });
});
