/**
 * Subscribers' key pairs, and RSA ones ahead of time: while rows that want them are waiting, all cores make them, and a few
 * lie ready in memory. Each is given out once; what is not wanted any more is wiped.
 */
import { availableParallelism } from 'node:os';
import type { KeyAlgorithm } from '../x509/public-key.ts';
import { generateSubjectKey, type SubjectKeyPair } from './subject-key.ts';

export interface SubjectKeys {
  /** A fresh pair that nobody else gets. The caller wipes it. */
  readonly take: (algorithm: KeyAlgorithm) => Promise<SubjectKeyPair>;
  /** Which RSA keys are going to be asked for; null: none, and what lies ready is wiped. */
  readonly prepare: (algorithm: KeyAlgorithm | null) => void;
  /** How many lie ready. */
  readonly ready: () => number;
}

export interface SubjectKeysPlan {
  readonly generate?: (algorithm: KeyAlgorithm) => Promise<SubjectKeyPair>;
  /** How many are made at once: one for each core. */
  readonly atOnce?: number;
  /** How many lie ready at most. */
  readonly ahead?: number;
}

/** Somebody waits for a key, or nobody yet: then it lies ready. */
interface Wish {
  readonly algorithm: KeyAlgorithm;
  readonly give: (pair: SubjectKeyPair) => void;
  readonly fail: (error: unknown) => void;
}

/** What is being made, what lies ready, who waits. */
interface Pool {
  readonly plan: Required<SubjectKeysPlan>;
  readonly wishes: Wish[];
  readonly ready: SubjectKeyPair[];
  wanted: KeyAlgorithm | null;
  making: number;
  makingAhead: number;
}

export function openSubjectKeys({
  generate = generateSubjectKey,
  atOnce = availableParallelism(),
  ahead = 8 * atOnce,
}: SubjectKeysPlan = {}): SubjectKeys {
  const plan = { generate, atOnce, ahead };
  const pool: Pool = { plan, wishes: [], ready: [], wanted: null, making: 0, makingAhead: 0 };
  return {
    take: algorithm => {
      // EC keys take no time.
      if (!algorithm.startsWith('rsa-')) return generate(algorithm);
      const given = takeFrom(pool, algorithm);
      pump(pool);
      return given;
    },
    prepare: algorithm => {
      if (algorithm !== pool.wanted) for (const pair of pool.ready.splice(0)) pair.pkcs8.fill(0);
      pool.wanted = algorithm;
      pump(pool);
    },
    ready: () => pool.ready.length,
  };
}

function takeFrom({ wanted, ready, wishes }: Pool, algorithm: KeyAlgorithm): Promise<SubjectKeyPair> {
  const pair = algorithm === wanted ? ready.shift() : undefined;
  if (pair !== undefined) return Promise.resolve(pair);
  return new Promise((give, fail) => wishes.push({ algorithm, give, fail }));
}

/** Keeps as many cores busy as there are keys to make. */
function pump(pool: Pool): void {
  while (pool.making < pool.plan.atOnce) {
    const wish = pool.wishes.shift() ?? wishAhead(pool);
    if (wish === undefined) return;
    pool.making++;
    void pool.plan
      .generate(wish.algorithm)
      .then(wish.give, wish.fail)
      .finally(() => {
        pool.making--;
        pump(pool);
      });
  }
}

function wishAhead(pool: Pool): Wish | undefined {
  const { wanted: algorithm, ready, plan } = pool;
  if (algorithm === null || ready.length + pool.makingAhead >= plan.ahead) return undefined;
  pool.makingAhead++;
  const give = (pair: SubjectKeyPair): void => {
    pool.makingAhead--;
    const next = pool.wishes.findIndex(wish => wish.algorithm === algorithm);
    const [waiting] = next < 0 ? [] : pool.wishes.splice(next, 1);
    if (waiting !== undefined) waiting.give(pair);
    else if (pool.wanted === algorithm) ready.push(pair);
    else pair.pkcs8.fill(0);
  };
  // Whoever asks for one next meets the failure; nothing is tried again and again meanwhile.
  const fail = (): void => {
    pool.makingAhead--;
    pool.wanted = null;
  };
  return { algorithm, give, fail };
}
