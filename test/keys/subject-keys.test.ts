/** RSA keys ahead of time: never the same one twice, never more than wanted, nothing left behind. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSubjectKeys } from '../../ca-core/keys/subject-keys.ts';
import type { SubjectKeyPair } from '../../ca-core/keys/subject-key.ts';

/** Makes numbered keys at once and counts how many are made at the same time. */
function aMint() {
  const mint = { made: 0, atOnce: 0, most: 0, pairs: [] as SubjectKeyPair[] };
  const generate = async (): Promise<SubjectKeyPair> => {
    mint.most = Math.max(mint.most, ++mint.atOnce);
    await turn();
    mint.atOnce--;
    const pair = { subjectPublicKeyInfo: Uint8Array.of(++mint.made), pkcs8: Uint8Array.of(mint.made) };
    mint.pairs.push(pair);
    return pair;
  };
  return { mint, generate };
}

async function rest(): Promise<void> {
  for (let at = 0; at < 50; at++) await turn();
}

const numberOf = ({ subjectPublicKeyInfo }: SubjectKeyPair): number => subjectPublicKeyInfo[0] ?? 0;

describe('keys made ahead', () => {
  it('are as many as wanted, on as many cores as there are, while somebody waits', async () => {
    const { mint, generate } = aMint();
    const keys = openSubjectKeys({ generate, atOnce: 2, ahead: 5 });
    await rest();
    expect(mint.made).toBe(0);
    keys.prepare('rsa-2048');
    await rest();
    expect(mint).toMatchObject({ made: 5, most: 2 });
    expect(keys.ready()).toBe(5);
  });

  it('are each given out once, whoever asks when', async () => {
    const { generate } = aMint();
    const keys = openSubjectKeys({ generate, atOnce: 3, ahead: 4 });
    keys.prepare('rsa-2048');
    const early = Array.from({ length: 9 }, () => keys.take('rsa-2048'));
    await rest();
    const late = Array.from({ length: 30 }, () => keys.take('rsa-2048'));
    const given = (await Promise.all([...early, ...late])).map(numberOf);
    expect(new Set(given).size).toBe(39);
  });

  it('are wiped once nobody wants them, also those that are still being made', async () => {
    const { mint, generate } = aMint();
    const keys = openSubjectKeys({ generate, atOnce: 2, ahead: 3 });
    keys.prepare('rsa-2048');
    await rest();
    await keys.take('rsa-2048');
    keys.prepare(null);
    await rest();
    expect(keys.ready()).toBe(0);
    const [given, ...others] = mint.pairs;
    expect(given?.pkcs8[0]).toBe(1);
    expect(others.length).toBeGreaterThan(1);
    expect(others.map(({ pkcs8 }) => pkcs8[0])).toEqual(others.map(() => 0));
  });

  it('are of the kind that is asked for, and a failure reaches who asked', async () => {
    const asked: string[] = [];
    const keys = openSubjectKeys({
      generate: algorithm => {
        asked.push(algorithm);
        return Promise.reject(new Error('no entropy'));
      },
    });
    keys.prepare('rsa-2048');
    await rest();
    await expect(keys.take('rsa-3072')).rejects.toThrow('no entropy');
    expect(asked.at(-1)).toBe('rsa-3072');
    expect(asked.length).toBeLessThan(100);
  });
});

it('real RSA keys of a pool are different keys', { timeout: 60_000 }, async () => {
  const keys = openSubjectKeys({ ahead: 2 });
  keys.prepare('rsa-2048');
  const pairs = await Promise.all(Array.from({ length: 4 }, () => keys.take('rsa-2048')));
  keys.prepare(null);
  const moduli = pairs.map(({ subjectPublicKeyInfo }) => Buffer.from(subjectPublicKeyInfo).toString('hex'));
  expect(new Set(moduli).size).toBe(4);
});
