import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readOcspResponse } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { freePorts } from '../ports.ts';
import type { Figure, Round } from './figure.ts';
import { withResponder, type ResponderGround, type ResponderWish } from './ocsp-ground.ts';
import { requestFor, serialAt, writeScript, type Freshness } from './ocsp-load.ts';
import { signaturesPerSecond } from './sign-yardstick.ts';
import { answersPerSecond } from './wrk.ts';

const against = 'cluster of 2 bare node:http servers, the same wrk script, a body of the same size';
const unit = 'answers/s';

/** Answers per second that were signed beforehand, for 10,000 certificates asked about at random, by POST and GET. */
export const cachedFigure: Figure = {
  name: 'ocsp.cached.10k',
  unit,
  against,
  measure: rounds => measure({ certificates: 10_000, key: 'p-256', answers: 'prepared' }, 'anyAnswer', rounds),
};

/** The same for a million. */
export const cachedMillionFigure: Figure = {
  name: 'ocsp.cached.1m',
  unit,
  against,
  measure: rounds => measure({ certificates: 1_000_000, key: 'p-256', answers: 'prepared' }, 'anyAnswer', rounds),
};

/** Answers per second when each must be signed, since each request has a nonce. */
export const signedFigure: Figure = {
  name: 'ocsp.signed.p256',
  unit,
  against,
  measure: rounds => measure({ certificates: 1_000, key: 'p-256', answers: 'onDemand' }, 'freshAnswer', rounds),
};

/** The same with an RSA key, beside the RSA signatures that all cores make when nothing else is to be done. */
export const signedRsaFigure: Figure = {
  name: 'ocsp.signed.rsa2048',
  unit,
  against: 'RSA-2048 signatures on all cores',
  measure: rounds =>
    withResponder({ certificates: 1_000, key: 'rsa-2048', answers: 'onDemand' }, async ground => {
      const script = writeScript(ground.folder, ground.issuer, ground.serials, 'freshAnswer');
      await askSome(ground, 'freshAnswer');
      return inRounds(rounds, {
        yardstick: () => signaturesPerSecond('rsa-2048'),
        value: () => answersPerSecond({ ...load, script, url: ground.url }),
      });
    }),
};

const load = { seconds: 4, connections: 16 };

function measure(wish: ResponderWish, freshness: Freshness, rounds: number): Promise<readonly Round[]> {
  return withResponder(wish, async ground => {
    const script = writeScript(ground.folder, ground.issuer, ground.serials, freshness);
    const bare = await startBareServer(await askSome(ground, freshness));
    try {
      return await inRounds(rounds, {
        yardstick: () => answersPerSecond({ ...load, script, url: bare.url }),
        value: () => answersPerSecond({ ...load, script, url: ground.url }),
      });
    } finally {
      bare.stop();
    }
  });
}

interface Sides {
  readonly yardstick: () => Promise<number>;
  readonly value: () => Promise<number>;
}

/** In turn, so that whatever else the machine does falls on both. */
async function inRounds(rounds: number, { yardstick, value }: Sides): Promise<readonly Round[]> {
  const measured: Round[] = [];
  while (measured.length < rounds) measured.push({ yardstick: await yardstick(), value: await value() });
  return measured;
}

/** The size of an answer. Throws unless each is `good`. */
async function askSome({ url, issuer, serials }: ResponderGround, freshness: Freshness): Promise<number> {
  let size = 0;
  for (let turn = 0; turn < 100; turn++) {
    const body = Buffer.from(requestFor(issuer, serialAt(serials, turn), freshness));
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/ocsp-request' }, body });
    const octets = new Uint8Array(await answer.arrayBuffer());
    const told = readOcspResponse(octets).basic?.responses[0]?.status.status;
    if (told !== 'good') throw new Error(`A certificate that is good was told as ${told ?? 'nothing'}.`);
    size = octets.length;
  }
  return size;
}

async function startBareServer(size: number): Promise<{ readonly url: string; readonly stop: () => void }> {
  const [port = 0] = await freePorts(1);
  const program = join(projectRoot, 'dist', 'scripts', 'bench', 'bare-server.js');
  const child = spawn(process.execPath, [program, String(port), String(size), '2'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('close', () => reject(new Error('The bare server ended.')));
  });
  return { url: `http://localhost:${port}/`, stop: () => void child.kill() };
}
