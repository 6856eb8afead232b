import { describe, expect, it } from 'vitest';
import { selfTimes } from '../../scripts/bench/cpu-profile.ts';
import { median, percentile, resultOf, type Measured, type Result } from '../../scripts/bench/figure.ts';
import { tableOf } from '../../scripts/bench/table.ts';
import { runScript } from './compiled.ts';

const common = { name: 'a.b', unit: 'answers/s', against: 'a bare server' };

describe('a figure', () => {
  it('is the median of its rounds, and so is the ratio', () => {
    const rounds = [
      { value: 10, yardstick: 100 },
      { value: 30, yardstick: 150 },
      { value: 20, yardstick: 50 },
    ];
    const result = resultOf({ ...common, rounds });
    expect(result).toMatchObject({ ...common, value: 20, yardstick: 100, ratio: 0.2, min: 10, max: 30 });
  });

  it('stands beside its yardstick', () => {
    const [, row] = tableOf([resultOf({ ...common, rounds: [{ value: 1234, yardstick: 5000 }] })]);
    expect(row).toMatch(/^a\.b +1,234 +1,234 +1,234 +answers\/s +5,000 +0\.247 +– +– +a bare server$/);
  });

  it('of an even number of rounds lies in the middle', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it.each<[Measured['bound'] & object, string, boolean]>([
    [{ of: 'ratio', at: 'least', limit: 0.2, aim: 0.3 }, 'ratio ≥ 0.2, aim 0.3', true],
    [{ of: 'ratio', at: 'least', limit: 0.21 }, 'ratio ≥ 0.21', false],
    [{ of: 'value', at: 'most', aim: 19 }, 'aim: ≤ 19', false],
    [{ of: 'value', at: 'most', limit: 20 }, '≤ 20', true],
  ])('says whether it is what was asked for: %j', (bound, words, met) => {
    const result = resultOf({ ...common, bound, rounds: [{ value: 20, yardstick: 100 }] });
    expect(result).toMatchObject({ bound: words, met });
  });

  it('may have nothing beside it', () => {
    const result = resultOf({ ...common, rounds: [{ value: 20, yardstick: null }], notes: ['as it is'] });
    expect(result).toMatchObject({ yardstick: null, ratio: null, met: null });
    expect(tableOf([result]).slice(-2)).toEqual(['a.b', '  as it is']);
  });

  it('has percentiles by the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, number) => 100 - number);
    expect([percentile(hundred, 99), percentile(hundred, 50), percentile([7], 99)]).toEqual([99, 50, 7]);
  });
});

describe('a CPU profile', () => {
  it('counts what is native for the file or package that called it', () => {
    const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
      id,
      callFrame: { functionName, url, scriptId: '0', lineNumber: 0, columnNumber: 0 },
      children,
    });
    const profile = {
      nodes: [
        node(1, '(root)', '', [2, 3, 4, 5]),
        node(2, '(idle)', ''),
        node(3, '(garbage collector)', ''),
        node(4, 'checkOrder', 'file:///home/kakuin/dist/ca-core/check-order.js', [6]),
        node(5, 'run', 'file:///home/kakuin/node_modules/better-sqlite3/lib/a.js', []),
        node(6, 'verifyOneShot', 'node:internal/crypto/sig', []),
      ],
      startTime: 0,
      endTime: 1000,
      samples: [2, 6, 4, 5, 3, 1],
      timeDeltas: [0, 100, 200, 10, 40, 50],
    };
    const { places, busy, whole } = selfTimes(profile);
    expect({ busy, whole }).toEqual({ busy: 300, whole: 400 });
    expect(Object.fromEntries(places)).toMatchObject({
      'ca-core/check-order': 210,
      'package better-sqlite3': 40,
      '(garbage collector)': 50,
    });
  });
});

describe('npm run bench', () => {
  it('names a figure that is not there', () => {
    expect(runScript('bench.js', ['issue.p999'])).toMatchObject({
      status: 2,
      stderr: 'There is no figure issue.p999: npm run bench -- --help lists them.\n',
    });
  });

  it.each([
    [['--rounds', 'few'], /Give a whole number from 1 on/],
    [['--json', '/nowhere/figures.json', 'issue.p256'], /There is no folder \/nowhere/],
  ])('refuses %j before it measures anything', (words, sentence) => {
    const { status, stderr } = runScript('bench.js', words);
    expect([status, stderr]).toEqual([2, expect.stringMatching(sentence)]);
  });

  it('tells of every figure', () => {
    const { status, stdout } = runScript('bench.js', ['--help']);
    expect(status).toBe(0);
    for (const name of ['issue.p256.sqlite', 'issue.latency.postgresql', 'ocsp.cached.1m', 'crl.delta.1k']) {
      expect(stdout).toContain(`  ${name} `);
    }
  });

  it('issues certificates and fills a queue, however few, and prints what it found', () => {
    const words = ['issue.p256.sqlite', 'portal.queue.sqlite', '--count', '25', '--rounds', '1', '--json'];
    const { status, stdout, stderr } = runScript('bench.js', words);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    const [issued, queue] = JSON.parse(stdout) as Result[];
    expect(issued).toMatchObject({ name: 'issue.p256.sqlite', bound: 'aim: ≥ 2000', met: false });
    expect(issued?.value).toBeGreaterThan(0);
    expect(issued?.ratio).toBeCloseTo((issued?.value ?? 0) / (issued?.yardstick ?? 1), 3);
    expect(issued?.notes.join('\n')).toMatch(/µs of processor in the CA core.*µs {2}ca-core\//s);
    expect(queue).toMatchObject({ name: 'portal.queue.sqlite', bound: '≤ 300' });
  }, 170_000);
});
