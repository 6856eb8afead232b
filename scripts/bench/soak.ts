import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../ca-core/index.ts';
import { freePorts } from '../ports.ts';
import { placeApprovedOrders } from './approved-orders.ts';
import type { BenchWish, Figure, Measured } from './figure.ts';
import { openGround, type Ground } from './ground.ts';
import { known } from './ocsp-ground.ts';
import { writeScript } from './ocsp-load.ts';
import { refuseRefusals, untilLeft } from './open-orders.ts';
import { takenBy, type Taken } from './running.ts';
import { openAsker, type Asker, type AskerCounts } from './soak-asker.ts';
import { revokeOn, type Revoked } from './soak-revoker.ts';
import { openTruth } from './soak-truth.ts';
import { rested, underLoad } from './wrk.ts';

export interface SoakOutcome extends AskerCounts, Revoked {
  /** Of CA core, publisher and responder together, after a fifth of the time and at the end. */
  readonly start: Taken;
  readonly end: Taken;
  /** Answers per second that were not looked at. */
  readonly rate: number;
}

/** Twenty minutes under load while certificates are revoked and released. */
export const soakFigure: Figure = {
  name: 'ocsp.soak',
  meaning:
    '20 minutes (--seconds) of load while revocations go on: wrong answers, memory, descriptors, time to be seen',
  measure: async ({ seconds = 1_200, count = 2_000 }) => linesOf(await soak({ seconds, count })),
};

/** Certificates are issued, services started, and everything taken away again. `count`: certificates. */
export async function soak({ seconds, count }: Required<Pick<BenchWish, 'seconds' | 'count'>>): Promise<SoakOutcome> {
  const [metricsPort] = await freePorts(1);
  const environment = { KAKUIN_OCSP_METRICS_PORT: String(metricsPort), KAKUIN_OCSP_WORKERS: '2' };
  const ground = await openGround({ environment });
  const services = (['ca-core', 'crl-publisher', 'ocsp-responder'] as const).map(ground.launch);
  try {
    await Promise.all(services.map(service => service.ready));
    const caseIds = await placeApprovedOrders({ ...ground, count });
    await untilLeft(ground, 0);
    await refuseRefusals(ground);
    return await underSiege(ground, await serialsOf(ground, caseIds), seconds);
  } finally {
    await Promise.all(services.map(service => service.end()));
    await ground.close();
  }
}

/** Of the certificates, not of what signs answers. */
async function serialsOf({ database }: Ground, caseIds: readonly string[]): Promise<readonly string[]> {
  const { certificates } = openStore(database);
  const rows = await Promise.all(caseIds.map(caseId => certificates.ofCase(caseId)));
  return rows.flatMap(row => (row === undefined ? [] : [row.serialNumber]));
}

async function underSiege(ground: Ground, serials: readonly string[], seconds: number): Promise<SoakOutcome> {
  const place = await known(ground);
  const truth = await openTruth(ground);
  const asker = openAsker({ ...place, truth });
  await untilGood(asker, serials);
  const script = rested(writeScript(place.folder, place.issuer, Buffer.from(serials.join(''), 'hex'), 'anyAnswer'), 8);
  const load = underLoad({ url: place.url, script, seconds, connections: 16 });
  const over = new AbortController();
  const working = [
    load,
    Promise.all([1, 2, 3, 4].map(() => askOn(asker, serials, over.signal))),
    revokeOn({ ground, serials, truth, asker, signal: over.signal }),
  ] as const;
  const watched = watch(seconds);
  try {
    const [{ start, end }, { rate }] = await Promise.all([watched, load]);
    over.abort();
    const [, , revoked] = await Promise.all(working);
    return { ...asker.counts(), ...revoked, start, end, rate };
  } finally {
    over.abort();
    await Promise.allSettled(working);
  }
}

/** The responder has learnt of the last one too: from then on every answer counts. */
async function untilGood(asker: Asker, serials: readonly string[]): Promise<void> {
  for (const serialNumber of serials.slice(-1)) {
    while ((await asker.ask(serialNumber, 'POST')) !== 'good') await pause(100);
  }
}

const programs = /(ca-core|crl-publisher|ocsp-responder)\/main\.js/;

async function watch(seconds: number): Promise<{ readonly start: Taken; readonly end: Taken }> {
  await pause(seconds * 200);
  const start = takenBy(programs);
  // Before the load ends, and its connections with it.
  await pause(seconds * 790);
  return { start, end: takenBy(programs) };
}

/** Milliseconds between two questions, so that who asks does not take what the responder needs. */
const askEvery = 20;

async function askOn(asker: Asker, serials: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isKnown = Math.random() < 0.9;
    const drawn = serials[Math.floor(Math.random() * serials.length)];
    const never = Buffer.concat([Buffer.from([0x45]), randomBytes(15)]).toString('hex');
    await asker.ask(isKnown && drawn !== undefined ? drawn : never, Math.random() < 0.5 ? 'GET' : 'POST');
    await pause(askEvery);
  }
}

function linesOf(outcome: SoakOutcome): readonly Measured[] {
  const { judged, wrong, unanswered, visibleAfter, released, start, end, rate } = outcome;
  const one = (value: number, yardstick: number | null) => ({ rounds: [{ value, yardstick }] });
  const later = { against: 'after a fifth of the time', bound: { of: 'ratio', at: 'most', limit: 1.15 } } as const;
  const revoked = `${visibleAfter.length} certificates revoked, ${released} released`;
  const load = `${Math.round(rate)} answers/s besides that nobody looked at`;
  return [
    {
      name: 'ocsp.soak',
      unit: 'wrong answers',
      against: 'answers that were judged',
      ...one(wrong.length, judged),
      bound: { of: 'value', at: 'most', limit: 0 },
      notes: [`${revoked}; ${unanswered.length} requests without an answer; ${load}`, ...wrong.slice(0, 10)],
    },
    {
      name: 'ocsp.soak.visible',
      unit: 's',
      against: 'none',
      ...one(Math.max(0, ...visibleAfter), null),
      bound: { of: 'value', at: 'most', limit: 60, aim: 5 },
    },
    { name: 'ocsp.soak.memory', unit: 'MB', ...later, ...one(end.resident / 1e6, start.resident / 1e6) },
    { name: 'ocsp.soak.descriptors', unit: 'open', ...later, ...one(end.descriptors, start.descriptors) },
  ];
}
