import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { time } from '../../ca-core/x509/der.ts';
import { readDer, readTime } from '../../ca-core/x509/der-reader.ts';
import { openTimeReader, openTimeWriter } from '../../ca-core/x509/times-of-day.ts';
import { refusalOf } from '../support/refusal.ts';

const start = 1_500_000_000;
const times = fc.array(
  fc.oneof(
    fc.integer({ min: -86_400, max: 4_000_000_000 }),
    fc.nat(200_000).map(n => start + n),
  ),
);

describe('times one after another', () => {
  it('are written and read as each alone', () => {
    fc.assert(
      fc.property(times, list => {
        const [write, read] = [openTimeWriter(), openTimeReader()];
        for (const at of list) {
          expect(Buffer.from(write(at))).toEqual(Buffer.from(time(at)));
          expect(read(time(at))).toBe(at);
        }
      }),
    );
  });

  it('are refused as each alone, also upon a good one of the same day', () => {
    const good = time(start);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const spoiled = new Uint8Array(good);
        spoiled[at] = value;
        const read = openTimeReader();
        read(good);
        const alone = refusalOf(() => readTime(readDer(spoiled)));
        expect(refusalOf(() => read(spoiled))?.code).toBe(alone?.code);
        if (alone === undefined) expect(read(spoiled)).toBe(readTime(readDer(spoiled)));
      }),
      { numRuns: 2_000 },
    );
  });
});
