/** `kakuin probe` against a monitor that is well, red, silent, somebody else, or not there. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../ca-core/clock.ts';
import { pictureOf } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { createFiguresServer } from '../../monitor/http.ts';
import { pictureLines } from '../../scripts/commands/picture.ts';
import { addProbeCommand } from '../../scripts/commands/probe.ts';
import { figures as someFigures } from '../ra-portal/support/figures.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-probe-'));
const tokenFile = join(folder, 'token');
let server: Server;
let url = '';
let figures = '';

beforeAll(async () => {
  writeFileSync(tokenFile, 'a token of sixteen\n');
  const health = () => ({ isWell: true, value: {} });
  server = createFiguresServer({ metrics: () => figures, health, token: 'a token of sixteen' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

/** What it says, and its exit code. */
async function probe(...words: string[]): Promise<{ readonly said: string; readonly code: number }> {
  const program = new Command('kakuin').exitOverride();
  addProbeCommand(program);
  const said: string[] = [];
  const print = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  const before = process.exitCode;
  try {
    await program.parseAsync(['probe', ...words], { from: 'user' });
    return { said: said.join('\n'), code: Number(process.exitCode ?? 0) };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { said: error.message, code: error.exitCode };
  } finally {
    process.exitCode = before;
    print.mockRestore();
  }
}

const observed = (ago: number): string => `kakuin_observed_timestamp_seconds ${systemClock.now() - ago}\n`;
const red = 'kakuin_light{reading="crlAge",subject="issuing"} 2\nkakuin_light{reading="backupAge"} 2\n';
const well = 'kakuin_light{reading="crlAge",subject="root"} 1\n';

describe('kakuin probe', () => {
  it.each([
    ['is content with a monitor that looks', () => observed(5) + well, 0, /nothing is red/],
    ['names what is red', () => observed(5) + well + red, 1, /^Red:\n {2}crlAge issuing\n {2}backupAge$/],
    ['alarms where the monitor looks no more', () => observed(121) + well, 1, /silent: it has not looked since 20/],
    ['alarms where it has never looked', () => 'kakuin_observed_timestamp_seconds NaN\n', 1, /since it was started/],
    ['alarms where somebody else answers', () => '<html>', 1, /is no monitor’s/],
  ])('%s', async (_, text, code, sentence) => {
    figures = text();
    const outcome = await probe('--url', url, '--token-file', tokenFile);
    expect(outcome.said).toMatch(sentence);
    expect(outcome.code).toBe(code);
  });

  it('alarms where it may not look, and where nobody is there', async () => {
    expect(await probe('--url', url)).toMatchObject({ code: 1, said: expect.stringMatching(/HTTP 401/) as string });
    expect(await probe('--url', 'http://127.0.0.1:1/')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/cannot be reached/) as string,
    });
  });

  it('tells programs the same', async () => {
    figures = observed(5) + red;
    const { said } = await probe('--url', url, '--token-file', tokenFile, '--json');
    expect(JSON.parse(said)).toMatchObject({ isSilent: false, red: ['crlAge issuing', 'backupAge'] });
  });

  it.each([
    [['--silent-after', 'soon'], /whole seconds/],
    [['--url', 'ftp://monitor/'], /http/],
    [['--token-file', '/nowhere'], /no file \/nowhere/],
  ])('refuses %j', async (words, sentence) => {
    const outcome = await probe(...words);
    expect(outcome.said).toMatch(sentence);
    expect(outcome.code).toBe(2);
  });
});

describe('kakuin status', () => {
  const policy = readPolicies(join(projectRoot, 'policies')).operations;

  it('tells every figure with its bound, and what to do under those that are not green', () => {
    const seen = { ...someFigures(1_800_000_000, { 'crlAge issuing': 6_000 }) };
    const lines = pictureLines(pictureOf(seen, policy, 1_800_000_010), policy);
    expect(lines[0]).toBe('all in all: red, as the monitor saw it at 2027-01-15T08:00:00Z');
    const at = lines.findIndex(line => line.startsWith('red'));
    expect(lines[at]).toMatch(/Age of the CRL +issuing +1 h 40 min +above 1 h 35 min/);
    expect(lines[at + 1]).toContain('kakuin crl publish');
    expect(lines.filter(line => line.startsWith('red'))).toHaveLength(1);
    expect(lines).toHaveLength(1 + 1 + seen.readings.length + 1);
  });

  it('says that no monitor has looked', () => {
    const lines = pictureLines(pictureOf(undefined, policy, 0), policy);
    expect(lines[0]).toBe('all in all: red, the monitor has not looked yet');
  });
});
