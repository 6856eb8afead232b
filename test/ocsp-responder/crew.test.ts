import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { freePorts } from '../../scripts/ports.ts';
import { compiled } from '../support/compiled.ts';
import { opensslRequest, opensslVerdict } from '../support/ocsp.ts';
import { aWholeResponder, type WholeResponder } from '../support/whole-responder.ts';

let whole: WholeResponder;
let leaf: Certificate;
let url: string;
let figures: string;
let primary: ChildProcess;

beforeAll(async () => {
  whole = await aWholeResponder();
  leaf = await whole.ca.issue('0a0b');
  await whole.turn();
  await whole.ocsp().close();
  const [port = 0, metricsPort = 0] = await freePorts(2);
  url = `http://localhost:${port}`;
  figures = `http://localhost:${metricsPort}`;
  primary = start({ KAKUIN_OCSP_PORT: String(port), KAKUIN_OCSP_METRICS_PORT: String(metricsPort) });
  await says(primary, `ocsp-responder ready at ${url}`);
});
afterAll(async () => {
  const ended = once(primary, 'exit');
  primary.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await whole.ca.close();
});

function start(ports: Readonly<Record<string, string>>, { ca } = whole): ChildProcess {
  const environment = {
    KAKUIN_HOME: ca.home,
    KAKUIN_DATABASE: ca.location,
    KAKUIN_POLICIES: join(projectRoot, 'policies'),
    KAKUIN_PASSPHRASE_FILE: join(ca.home, 'passphrase'),
    KAKUIN_OCSP_URL: url,
    KAKUIN_OCSP_WORKERS: '2',
  };
  const env = { ...process.env, ...environment, ...ports };
  return spawn(process.execPath, [compiled('ocsp-responder/main.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function says(child: ChildProcess, wanted: string): Promise<void> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === wanted) {
      child.stdout.resume();
      return;
    }
  }
  throw new Error('it ended');
}

async function verdict(): Promise<string> {
  const body = Buffer.from(opensslRequest(whole.ca.pki.issuing, [leaf]));
  const headers = { 'content-type': 'application/ocsp-request', connection: 'close' };
  const answer = await fetch(`${url}/`, { method: 'POST', body, headers });
  return opensslVerdict(whole.ca.pki, leaf, new Uint8Array(await answer.arrayBuffer()));
}

/** The children of the primary. */
function workers(): number[] {
  const text = readFileSync(`/proc/${primary.pid ?? 0}/task/${primary.pid ?? 0}/children`, 'utf8');
  return text.trim().split(' ').map(Number);
}

describe('the programs of one responder', () => {
  it('answer on one port, and a worker that is killed is replaced while the other answers', async () => {
    expect(await verdict()).toMatch(/Response verify OK[\s\S]*good/);
    const [victim = 0, other = 0] = workers();
    process.kill(victim, 'SIGKILL');
    await pause(50);
    for (let round = 0; round < 5; round++) expect(await verdict()).toContain('good');
    while (workers().length < 2) await pause(50);
    expect(workers()).toContain(other);
    const text = await (await fetch(`${figures}/metrics`)).text();
    expect(text).toMatch(/ocsp_workers_replaced_total 1/);
    expect(await (await fetch(`${figures}/health`)).json()).toMatchObject({ state: 'green' });
  });

  it('tell a revocation, and a certificate just issued, within 5 s', async () => {
    const issued = await whole.ca.issue('0a0c');
    await whole.ca.change({ serialNumber: leaf.serialNumber, change: 'revoked', reason: 'superseded' });
    const since = Date.now();
    while (!(await verdict()).includes('revoked')) await pause(100);
    leaf = issued;
    while (!(await verdict()).includes('good')) await pause(100);
    expect(Date.now() - since).toBeLessThan(5_000);
  });

  it('a second responder of this home says so and ends', async () => {
    const [port = 0] = await freePorts(1);
    const second = start({ KAKUIN_OCSP_PORT: String(port) });
    let words = '';
    second.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
    expect(await once(second, 'exit')).toEqual([1, null]);
    expect(words).toBe('Another OCSP responder is running in this home.\n');
  });

  it('one on a port in use says so and ends', async () => {
    const elsewhere = await aWholeResponder();
    await elsewhere.ocsp().close();
    const { port } = new URL(url);
    const second = start({ KAKUIN_OCSP_PORT: port }, elsewhere);
    let words = '';
    second.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
    expect(await once(second, 'exit')).toEqual([1, null]);
    expect(words).toBe(`Port ${port} (KAKUIN_OCSP_PORT) is in use by another program.\n`);
    await elsewhere.ca.close();
  });
});
