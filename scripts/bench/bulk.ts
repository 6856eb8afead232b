/** Rows of a bulk job from two officers' signatures to the recorded PKCS#12. */
import { generateKeyPair } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { KeyAlgorithm } from '../../ca-core/index.ts';
import { enrolLra, placeAttestedList } from './attested-orders.ts';
import type { BenchWish, Figure, Measured, Round } from './figure.ts';
import { onIssueGround, type IssueGround } from './issue-ground.ts';
import { refuseRefusals, untilLeft } from './open-orders.ts';

const unit = 'rows/s';
const place = { keys: 'file', database: 'sqlite', algorithm: 'p-256' } as const;

export const bulkFigures: readonly Figure[] = [
  {
    name: 'bulk.p256',
    meaning: 'rows of an attested list, P-256, from the last signature to the recorded PKCS#12',
    measure: wish =>
      onIssueGround(place, wish, ground => rounds('bulk.p256', wish, { ground, algorithm: 'p-256', count: 5_000 })),
  },
  {
    name: 'bulk.rsa2048',
    meaning: 'the same with RSA-2048, beside the bare making of such keys on all cores, in turn with it',
    measure: wish =>
      onIssueGround(place, wish, ground => rounds('bulk.rsa2048', wish, { ground, algorithm: 'rsa-2048', count: 600 })),
  },
];

interface BulkRun {
  readonly ground: IssueGround;
  readonly algorithm: KeyAlgorithm;
  /** Where the command says nothing. */
  readonly count: number;
}

async function rounds(name: string, wish: BenchWish, run: BulkRun): Promise<readonly Measured[]> {
  const count = wish.count ?? run.count;
  const lra = await enrolLra({ ...run.ground, count });
  const done: Round[] = [];
  while (done.length < wish.rounds) {
    const yardstick = run.algorithm === 'p-256' ? null : await bareKeysPerSecond(count);
    await placeAttestedList({ ...run.ground, count }, { lra, algorithm: run.algorithm });
    done.push({ value: await rowsPerSecond(run.ground, count), yardstick });
  }
  if (run.algorithm === 'p-256') return [{ name, unit, against: '', rounds: done }];
  const bound = { of: 'ratio', at: 'least', limit: 0.85 } as const;
  return [{ name, unit, against: 'RSA-2048 keys/s, all cores, nothing else', rounds: done, bound }];
}

/** From the moment that the CA core is up until no order is open. */
async function rowsPerSecond(ground: IssueGround, count: number): Promise<number> {
  const caCore = ground.launch('ca-core');
  try {
    await caCore.ready;
    const left = await untilLeft(ground, count - 1);
    const start = performance.now();
    await untilLeft(ground, 0);
    await refuseRefusals(ground);
    return Math.max(left, 1) / ((performance.now() - start) / 1_000);
  } finally {
    await caCore.end();
  }
}

const makeKey = promisify(generateKeyPair);

/** As many at once as there are cores; libuv's threads do the work. */
async function bareKeysPerSecond(count: number): Promise<number> {
  const start = performance.now();
  let left = count;
  const make = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await makeKey('rsa', { modulusLength: 2048 });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, make));
  return count / ((performance.now() - start) / 1_000);
}
