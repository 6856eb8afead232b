/** Commands that prepare one home take turns, however long one of them works. */
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { aloneIn } from '../../scripts/home-lock.ts';

const home = mkdtempSync(join(tmpdir(), 'kakuin-lock-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it('one after the other, also where the first has worked for an hour', async () => {
  const told: string[] = [];
  let end: () => void = () => undefined;
  const long = aloneIn(home, async () => {
    told.push('the first begins');
    await new Promise<void>(resolve => (end = resolve));
    told.push('the first ends');
  });
  const anHourAgo = Date.now() / 1000 - 3600;
  for (const name of readdirSync(home)) utimesSync(join(home, name), anHourAgo, anHourAgo);
  const second = aloneIn(home, () => Promise.resolve(told.push('the second')));
  setTimeout(() => end(), 250);
  await Promise.all([long, second]);
  expect(told).toEqual(['the first begins', 'the first ends', 'the second']);
});

it('and the next where one failed', async () => {
  await expect(aloneIn(home, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await aloneIn(home, () => Promise.resolve('yes'))).toBe('yes');
});
