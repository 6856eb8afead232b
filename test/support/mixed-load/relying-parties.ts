/** Those who rely: they ask OCSP about everybody, fetch the CRL again and again, and believe neither. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../ca-core/clock.ts';
import { readCrl, verifyCrl } from '../../../ca-core/index.ts';
import { settingOf } from '../../../scripts/settings.ts';
import type { World } from './world.ts';

const askEvery = 100;
const fetchEvery = 1_000;

/** Known certificates and some that never were; what is wrong is in the asker's counts. */
export async function askOcsp({ asker }: World, known: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const drawn = known[Math.floor(Math.random() * known.length)];
    const never = Buffer.concat([Buffer.from([0x45]), randomBytes(15)]).toString('hex');
    await asker.ask(drawn !== undefined && Math.random() < 0.9 ? drawn : never, Math.random() < 0.5 ? 'GET' : 'POST');
    await pause(askEvery);
  }
}

/** How many lists were seen. A list that is older than one seen before, over, or not the issuer's is a violation. */
export async function followCrl({ platform, issuerKey, complaints }: World, signal: AbortSignal): Promise<number> {
  const url = `${settingOf(platform.settings, 'KAKUIN_CRL_URL')}/crl/issuing/0.crl`;
  const seen = new Set<bigint>();
  let newest = 0n;
  const say = (fault: string): void => void complaints.violations.push(`CRL: ${fault}`);
  while (!signal.aborted) {
    const octets = await fetchOr(url, say);
    if (octets !== undefined && octets.length > 0) {
      const crl = readCrl(octets);
      if (!verifyCrl(crl, issuerKey)) say(`${crl.crlNumber} does not verify`);
      if (crl.crlNumber < newest) say(`${crl.crlNumber} after ${newest}`);
      if (crl.nextUpdate <= systemClock.now()) say(`${crl.crlNumber} is over`);
      newest = crl.crlNumber;
      seen.add(newest);
    }
    await pause(fetchEvery);
  }
  return seen.size;
}

/** Nobody answers while the publisher is being started again; a CDN would. Any other answer is a fault. */
async function fetchOr(url: string, say: (fault: string) => void): Promise<Uint8Array | undefined> {
  const reply = await fetch(url).catch(() => undefined);
  if (reply !== undefined && reply.status !== 200 && reply.status !== 503) say(`HTTP ${reply.status}`);
  if (reply?.status !== 200) return undefined;
  return new Uint8Array(await reply.arrayBuffer().catch(() => new ArrayBuffer(0)));
}
