import { readOcspResponse } from '../../ca-core/index.ts';
import { startBareServer } from './bare.ts';
import type { Bound, Figure, Measured, Round } from './figure.ts';
import { atRate } from './half-rate.ts';
import { withResponder, type ResponderGround, type ResponderWish } from './ocsp-ground.ts';
import { requestFor, serialAt, writeScript, type Freshness } from './ocsp-load.ts';
import { watchingMemory, type MemoryWatch } from './ocsp-memory.ts';
import { signaturesPerSecond } from './sign-yardstick.ts';
import { answersPerSecond } from './wrk.ts';

const against = 'cluster of 2 bare node:http servers, same wrk script, a body of the same size';
const unit = 'answers/s';

export const ocspFigures: readonly Figure[] = [
  {
    name: 'ocsp.cached.10k',
    meaning: 'answers signed beforehand for 10,000 certificates, POST and GET; and p99 at half that rate',
    measure: ({ rounds }) => measureCached('ocsp.cached.10k', { certificates: 10_000 }, rounds),
  },
  {
    name: 'ocsp.cached.1m',
    meaning: 'the same for a million certificates; and the memory that each takes',
    measure: ({ rounds, count = 1_000_000 }) => {
      const name = 'ocsp.cached.1m';
      return watchingMemory({ name, certificates: count }, async watch => [
        ...(await measureCached(name, { certificates: count, watch }, rounds)),
        ...watch.lines(),
      ]);
    },
  },
  {
    name: 'ocsp.signed.p256',
    meaning: 'answers that must be signed, since each request has a new nonce (P-256)',
    measure: ({ rounds }) =>
      onBothSides({ certificates: 1_000, key: 'p-256' }, 'freshAnswer', async sides => [
        line('ocsp.signed.p256', await sides.rates(rounds), { of: 'ratio', at: 'least', limit: 0.35, aim: 0.45 }),
      ]),
  },
  {
    name: 'ocsp.signed.rsa2048',
    meaning:
      'the same with an RSA-2048 key, beside the RSA signatures that all cores make when nothing else is to be done',
    measure: ({ rounds }) =>
      withResponder({ certificates: 1_000, key: 'rsa-2048' }, async ground => {
        await ground.prepared();
        const script = writeScript(ground.folder, ground.issuer, ground.serials, 'freshAnswer');
        await askSome(ground, 'freshAnswer');
        const measured = await inRounds(rounds, {
          yardstick: () => signaturesPerSecond('rsa-2048'),
          value: () => answersPerSecond({ ...load, script, url: ground.url }),
        });
        const bound: Bound = { of: 'ratio', at: 'least', limit: 0.8 };
        return [{ ...line('ocsp.signed.rsa2048', measured, bound), against: 'RSA-2048 signatures on all cores' }];
      }),
  },
];

const line = (name: string, rounds: readonly Round[], bound: Bound): Measured => ({
  name,
  unit,
  against,
  rounds,
  bound,
});

const load = { seconds: 4, connections: 16 };

interface Watched {
  readonly certificates: number;
  readonly watch?: MemoryWatch;
}

function measureCached(name: string, wish: Watched, rounds: number): Promise<readonly Measured[]> {
  return onBothSides({ ...wish, key: 'p-256' }, 'anyAnswer', async sides => {
    const rates = await sides.rates(rounds);
    const { latencies, note } = await sides.latenciesAtHalf(rates);
    return [
      line(name, rates, { of: 'ratio', at: 'least', limit: 0.8, aim: 0.9 }),
      {
        name: `${name}.p99`,
        unit: 'ms',
        against: 'the same of the bare cluster at the same rate',
        rounds: latencies,
        bound: { of: 'value', at: 'most', limit: 20 },
        notes: [note],
      },
    ];
  });
}

interface BothSides {
  readonly rates: (rounds: number) => Promise<readonly Round[]>;
  /** Milliseconds, p99, at half the rate of each round. */
  readonly latenciesAtHalf: (
    rates: readonly Round[],
  ) => Promise<{ readonly latencies: readonly Round[]; readonly note: string }>;
}

/** The responder, with whatever can be signed beforehand signed, and the bare cluster, under the same load. */
function onBothSides<T>(
  wish: ResponderWish & Watched,
  freshness: Freshness,
  work: (sides: BothSides) => Promise<T>,
): Promise<T> {
  return withResponder(wish, async ground => {
    await wish.watch?.look('ready', ground);
    await ground.prepared();
    await wish.watch?.look('prepared', ground);
    const script = writeScript(ground.folder, ground.issuer, ground.serials, freshness);
    const bare = await startBareServer(await askSome(ground, freshness));
    const [ours, theirs] = [ground.url, bare.url].map(url => ({ ...load, script, url }));
    if (ours === undefined || theirs === undefined) throw new Error('There are two sides.');
    try {
      return await work({
        rates: rounds =>
          inRounds(rounds, { yardstick: () => answersPerSecond(theirs), value: () => answersPerSecond(ours) }),
        latenciesAtHalf: async rates => {
          const latencies: Round[] = [];
          const reached: string[] = [];
          for (const { value } of rates) {
            const [bareLoad, ourLoad] = [await atRate(theirs, value / 2), await atRate(ours, value / 2)];
            latencies.push({ value: ourLoad.p99, yardstick: bareLoad.p99 });
            reached.push(`${Math.round(ourLoad.rate)} answers/s (p50 ${ourLoad.p50} ms)`);
          }
          return { latencies, note: `reached ${reached.join(', ')}` };
        },
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
