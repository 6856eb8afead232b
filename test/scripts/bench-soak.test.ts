/** The soak in its short form; `npm run bench -- ocsp.soak` is the long one. */
import { describe, expect, it } from 'vitest';
import { soak } from '../../scripts/bench/soak.ts';
import { buildChanged } from './compiled.ts';

const seconds = process.env.KAKUIN_LONG === '1' ? 120 : 15;

describe('the responder under load, while officers revoke and release', () => {
  it(
    'says nothing that the database does not say, and keeps its memory and descriptors',
    { timeout: (seconds + 120) * 1_000 },
    async () => {
      buildChanged();
      const outcome = await soak({ seconds, count: 60 });
      expect(outcome.wrong).toEqual([]);
      expect(outcome.unanswered).toEqual([]);
      expect(outcome.judged).toBeGreaterThan(10 * seconds);
      expect(outcome.rate).toBeGreaterThan(10);
      expect(outcome.visibleAfter.length).toBeGreaterThan(1);
      expect(Math.max(...outcome.visibleAfter)).toBeLessThan(60);
      expect(outcome.end.descriptors).toBeLessThan(outcome.start.descriptors + 30);
      expect(outcome.end.resident).toBeLessThan(outcome.start.resident * 1.5);
    },
  );
});
