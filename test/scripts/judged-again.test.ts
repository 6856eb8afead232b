import { expect, it } from 'vitest';
import { judgedLines } from '../../scripts/commands/judged-again.ts';

it('says which roll has to be made again at the console, and which orders about keys to be signed again', () => {
  const rollsLost = [
    { number: 5, authorisedBy: 'console' },
    { number: 6, authorisedBy: 'officers' },
  ] as const;
  const judged = { judgedAgain: 2, keyOrders: 3, keyOrdersRefused: ['ab'.repeat(32)], keysDecided: 1, rollsLost };
  const lines = judgedLines(judged);
  expect(lines.filter(line => line.startsWith('✗'))).toEqual([
    expect.stringContaining('ab'.repeat(32)),
    expect.stringMatching(/^✗ roll 5: .* console$/),
    expect.stringMatching(/^✗ roll 6: .*officers/),
  ]);
  expect(judgedLines({ ...judged, keyOrdersRefused: [], rollsLost: [] })).toEqual(lines.slice(0, 2));
});
