import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { freePorts } from '../../scripts/ports.ts';
import { buildChanged, temporaryFolder } from './compiled.ts';

interface Running {
  readonly child: ChildProcess;
  readonly lines: string[];
  readonly errors: string[];
  readonly ended: Promise<number | null>;
}

const home = temporaryFolder();
let ports: number[] = [];

beforeAll(async () => {
  buildChanged();
  ports = await freePorts(5);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function start(extra: Record<string, string> = {}): Running {
  const names = ['PORTAL', 'OCSP', 'CRL', 'APPROVAL', 'MONITOR'].map(name => `KAKUIN_${name}_PORT`);
  const own = Object.fromEntries(names.map((name, index) => [name, String(ports[index])]));
  const child = spawn(process.execPath, ['dist/scripts/start.js'], {
    cwd: projectRoot,
    env: { ...process.env, ...own, KAKUIN_HOME: home, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = new Promise<number | null>(resolve => child.on('close', code => resolve(code)));
  return { child, lines, errors, ended };
}

async function ready(running: Running): Promise<void> {
  while (!running.lines.includes('Kakuin is ready')) {
    if (running.child.exitCode !== null) throw new Error(running.errors.join(''));
    await pause(50);
  }
}

/** Whether anything still listens on one of the ports. */
async function listening(): Promise<boolean> {
  const taken = await Promise.all(
    ports.map(
      port =>
        new Promise<boolean>(resolve => {
          const server = createServer();
          server.once('error', () => resolve(true));
          server.listen(port, () => server.close(() => resolve(false)));
        }),
    ),
  );
  return taken.includes(true);
}

/** The number of the program that runs one service (Linux). */
function pidOf(service: string, { child }: Running): number {
  const children = readFileSync(`/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`, 'utf8')
    .trim()
    .split(' ');
  const found = children.find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${service}/main.js`));
  return Number(found);
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400 && !holds(); turn += 1) await pause(50);
  expect(holds()).toBe(true);
}

describe('npm start', () => {
  it('makes everything from nothing, invites two officers, restarts what dies, and ends with code 0 on SIGTERM', async () => {
    const running = start();
    await ready(running);
    const links = running.lines.filter(line => /http:\/\/approve\.localhost:\d+\/enrol\/\S+#\S+/.test(line));
    expect(links).toHaveLength(2);
    expect(running.lines.at(-1)).toBe('Kakuin is ready');
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, 'passphrase')).mode & 0o777).toBe(0o600);
    process.kill(pidOf('crl-publisher', running), 'SIGKILL');
    await until(() => running.lines.includes('crl-publisher is back.'));
    expect(running.lines).toContain('crl-publisher was killed (SIGKILL); starting it again in 0.5 s.');
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(await listening()).toBe(false);
  });

  it('resumes in seconds, and leaves nothing behind even when it is killed', async () => {
    const running = start();
    const before = performance.now();
    await ready(running);
    expect(performance.now() - before).toBeLessThan(15_000);
    running.child.kill('SIGKILL');
    await running.ended;
    for (let turn = 0; turn < 120 && (await listening()); turn += 1) await pause(100);
    expect(await listening()).toBe(false);
  });

  it('says which port is in use and ends with code 1', async () => {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(ports[1], resolve));
    const running = start();
    expect(await running.ended).toBe(1);
    expect(running.errors.join('')).toBe(`Port ${ports[1] ?? ''} (KAKUIN_OCSP_PORT) is in use by another program.\n`);
    await new Promise<void>(resolve => server.close(() => resolve()));
    expect(await listening()).toBe(false);
  });

  it('says which setting is broken and ends with code 1', async () => {
    const running = start({ KAKUIN_CRL_PORT: 'many' });
    expect(await running.ended).toBe(1);
    expect(running.errors.join('')).toBe('KAKUIN_CRL_PORT must be a port from 1 to 65535, not "many".\n');
  });
});
