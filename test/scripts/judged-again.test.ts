import { expect, it } from 'vitest';
import { judgedLines } from '../../scripts/commands/judged-again.ts';

it('says which roll has to be made again at the console, and which orders about keys to be signed again', () => {
  const rollsLost = [
    { number: 5, authorisedBy: 'console' },
    { number: 6, authorisedBy: 'officers' },
  ] as const;
  const refused = [
    { kind: 'keys', name: 'ab'.repeat(32) },
    { kind: 'revocation', name: '0a' },
  ] as const;
  const judged = { judgedAgain: 2, keyOrders: 3, refused, keysDecided: 1, rollsLost };
  const lines = judgedLines(judged);
  expect(lines.filter(line => line.startsWith('✗'))).toEqual([
    expect.stringContaining('ab'.repeat(32)),
    expect.stringMatching(/^✗ 0a: the order to revoke this certificate holds no more; officers/),
    expect.stringMatching(/^✗ roll 5: .* console$/),
    expect.stringMatching(/^✗ roll 6: .*officers/),
  ]);
  expect(judgedLines({ ...judged, refused: [], rollsLost: [] })).toEqual(lines.slice(0, 2));
});
