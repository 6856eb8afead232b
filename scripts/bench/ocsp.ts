import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../ca-core/project-root.ts';
import { freePorts } from '../ports.ts';
import { settingOf } from '../settings.ts';
import { placeApprovedOrders } from './approved-orders.ts';
import type { Figure, Round } from './figure.ts';
import { openGround, type Ground } from './ground.ts';
import { issueAll } from './issue.ts';
import { requestsFor, type Freshness } from './ocsp-requests.ts';
import { answersPerSecond, postScript } from './wrk.ts';

const certificates = 10_000;
const against = 'bare node:http, the same wrk script, a body of the same size';

/** Answers per second for 10,000 certificates that were asked about before. */
export const cachedFigure: Figure = {
  name: 'ocsp.cached.10k',
  unit: 'answers/s',
  against,
  measure: rounds => measureAnswers('anyAnswer', rounds),
};

/** Answers per second when each must be signed, since each request has a nonce. */
export const signedFigure: Figure = {
  name: 'ocsp.signed.p256',
  unit: 'answers/s',
  against,
  measure: rounds => measureAnswers('freshAnswer', rounds),
};

async function measureAnswers(freshness: Freshness, rounds: number): Promise<readonly Round[]> {
  const ground = await openGround();
  try {
    await placeApprovedOrders({ ...ground, count: certificates });
    await issueAll(ground);
    return await withServices(ground, async url => {
      const requests = await requestsFor(ground.database, certificates, freshness);
      const script = join(ground.settings.home, 'requests.lua');
      writeFileSync(script, postScript(requests));
      const size = await askAll(url, freshness === 'anyAnswer' ? requests : requests.slice(0, 100));
      return measureBoth({ url, script, size, rounds });
    });
  } finally {
    await ground.close();
  }
}

/** The responder gets its certificate from the CA core, so both run. */
async function withServices<T>({ launch, settings }: Ground, work: (url: string) => Promise<T>): Promise<T> {
  const services = [launch('ca-core'), launch('ocsp-responder')];
  try {
    await Promise.all(services.map(service => service.ready));
    return await work(`${settingOf(settings, 'KAKUIN_OCSP_URL')}/`);
  } finally {
    await Promise.all(services.map(service => service.end()));
  }
}

/** Asks each once, so that what can be kept is kept; returns the size of an answer. Throws for anything but an answer. */
async function askAll(url: string, requests: readonly Uint8Array[]): Promise<number> {
  let size = 0;
  for (const request of requests) {
    const headers = { 'content-type': 'application/ocsp-request' };
    const answer = await fetch(url, { method: 'POST', headers, body: Buffer.from(request) });
    size = (await answer.arrayBuffer()).byteLength;
    if (size < 200) throw new Error(`An answer of ${size} octets is none.`);
  }
  return size;
}

interface Comparison {
  readonly url: string;
  readonly script: string;
  readonly size: number;
  readonly rounds: number;
}

async function measureBoth({ url, script, size, rounds }: Comparison): Promise<readonly Round[]> {
  const bare = await startBareServer(size);
  try {
    const load = { script, seconds: 3, connections: 16 };
    const measured: Round[] = [];
    while (measured.length < rounds) {
      const yardstick = await answersPerSecond({ ...load, url: bare.url });
      measured.push({ yardstick, value: await answersPerSecond({ ...load, url }) });
    }
    return measured;
  } finally {
    bare.stop();
  }
}

async function startBareServer(size: number): Promise<{ readonly url: string; readonly stop: () => void }> {
  const [port = 0] = await freePorts(1);
  const program = join(projectRoot, 'dist', 'scripts', 'bench', 'bare-server.js');
  const child = spawn(process.execPath, [program, String(port), String(size)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('close', () => reject(new Error('The bare server ended.')));
  });
  return { url: `http://localhost:${port}/`, stop: () => void child.kill() };
}
