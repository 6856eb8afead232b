import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCrl, verifyCrl } from '../../ca-core/x509/crl.ts';
import { compiled } from '../support/compiled.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { realNow } from '../support/small-pki.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const kills = isLong ? 1_000 : 15;
const program = compiled('test/support/publisher-to-kill.ts');
let ca: SmallCa;

beforeAll(async () => {
  ca = await aSmallCa();
});
afterAll(() => ca.close());

/** CRLs as fast as they can be recorded, each with all entries of the one before. */
async function record(isOver: () => boolean): Promise<number> {
  let crlNumber = 0;
  while (!isOver()) {
    crlNumber++;
    const [thisUpdate, count] = [realNow(), Math.min(400, crlNumber)];
    const entries = Array.from({ length: count }, (_, n) => ({
      serialNumber: (0x1000 + n).toString(16),
      revokedAt: thisUpdate - 10,
      reason: null,
      invalidityDate: null,
    }));
    const crl = await ca.pki.crl({
      crlNumber: BigInt(crlNumber),
      entries,
      thisUpdate,
      nextUpdate: thisUpdate + 86_400,
    });
    await ca.recordCrl(crl);
    await pause(3);
  }
  return crlNumber;
}

/** What every relying party may see at any moment. How many different CRLs came by. */
async function readAlong(isOver: () => boolean): Promise<number> {
  let [last, seen] = [0n, 0];
  while (!isOver()) {
    const bytes = await readFile(join(ca.home, 'crl/issuing/0.crl')).catch(() => undefined);
    if (bytes === undefined) expect(last).toBe(0n);
    else {
      const crl = readCrl(bytes);
      expect(crl.crlNumber).toBeGreaterThanOrEqual(last);
      if (crl.crlNumber > last) {
        expect(verifyCrl(crl, ca.pki.issuing.subjectPublicKeyInfo)).toBe(true);
        seen++;
      }
      last = crl.crlNumber;
    }
    await pause(1);
  }
  return seen;
}

/** Milliseconds that a publisher needs here, now, from its start to its first CRL. */
async function timeToPublish(): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [program, ca.home, ca.location], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const ready = performance.now();
  while (!existsSync(join(ca.home, 'crl/issuing/0.crl'))) await pause(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(performance.now() - start).toBeLessThan(60_000);
  return performance.now() - ready;
}

async function startAndKill(within: number): Promise<void> {
  const child = spawn(process.execPath, [program, ca.home, ca.location], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  expect(complaint).toBe('');
  await pause(Math.random() * within);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
}

describe('a publisher that is killed while it writes', () => {
  it(
    `leaves a CRL that parses, verifies and never goes back, ${kills} times`,
    async () => {
      let isOver = false;
      const reading = Promise.all([record(() => isOver), readAlong(() => isOver), readAlong(() => isOver)]);
      try {
        const within = Math.min(300, 60 + 2 * (await timeToPublish()));
        for (let kill = 0; kill < kills; kill++) await startAndKill(within);
      } finally {
        isOver = true;
      }
      const [, seen] = await reading;
      expect(seen).toBeGreaterThan(kills / 4);
    },
    isLong ? 3_600_000 : 180_000,
  );
});
