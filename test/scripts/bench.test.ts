import { describe, expect, it } from 'vitest';
import { median, resultOf, type Figure } from '../../scripts/bench/figure.ts';
import { tableOf } from '../../scripts/bench/table.ts';
import { runScript } from './compiled.ts';

const figure: Figure = { name: 'a.b', unit: 'answers/s', against: 'a bare server', measure: () => Promise.resolve([]) };

describe('a figure', () => {
  it('is the median of its rounds, and so is the ratio', () => {
    const rounds = [
      { value: 10, yardstick: 100 },
      { value: 30, yardstick: 150 },
      { value: 20, yardstick: 50 },
    ];
    expect(resultOf(figure, rounds)).toEqual({ name: 'a.b', unit: 'answers/s', value: 20, yardstick: 100, ratio: 0.2 });
  });

  it('stands beside its yardstick', () => {
    const result = resultOf(figure, [{ value: 1234, yardstick: 5000 }]);
    expect(tableOf([result], [figure])[1]).toMatch(/^a\.b +1,234 +5,000 +0\.247 +answers\/s +a bare server *$/);
  });

  it('of an even number of rounds lies in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('npm run bench', () => {
  it('names a figure that is not there', () => {
    expect(runScript('bench.js', ['issue.p999'])).toMatchObject({
      status: 1,
      stderr: 'There is no figure issue.p999.\n',
    });
  });
});
