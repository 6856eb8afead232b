import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPostgres } from '../../ca-core/store/database.ts';
import { silentLog } from '../../ca-core/log.ts';
import { followStatus } from '../../ocsp-responder/follow-status.ts';
import { openGaps } from '../../ocsp-responder/gaps.ts';
import { openOwnStatuses, type OwnStatuses } from '../../ocsp-responder/status-store.ts';
import { aSmallCa, type SmallCa } from '../support/small-ca.ts';
import { realNow } from '../support/small-pki.ts';

let ca: SmallCa;
let statuses: OwnStatuses;
let follow: () => Promise<void>;
const clock = { at: realNow(), now: () => clock.at };

async function open(): Promise<void> {
  statuses = await openOwnStatuses(join(ca.home, 'status.jsonl'), () => undefined);
  follow = followStatus({ ...ca.store, statuses, issuer: ca.pki.issuing, ca: ca.pki.ca, clock, log: silentLog });
}
beforeEach(async () => {
  clock.at = realNow();
  ca = await aSmallCa();
  await open();
});
afterEach(async () => {
  await statuses.close();
  await ca.close();
});

/** A row whose transaction took this number long ago and commits only now. */
const commitLate = (seq: number, serialNumber: string) =>
  ca.database('status_changes').insert({
    seq,
    issuer: ca.pki.ca,
    serial_number: serialNumber,
    change: 'revoked',
    reason: 'keyCompromise',
    revoked_at: clock.at - 5,
    not_after: realNow() + 86_400,
    created_at: clock.at,
  });

/** Numbers 1 and 2 are issued, 3 is still open, 4 has committed. */
async function aGapAtThree(): Promise<void> {
  await ca.issue('0a');
  await ca.issue('0b');
  await commitLate(3, '0a');
  if (isPostgres(ca.database)) await ca.database.raw("SELECT setval('status_changes_seq_seq', 3)");
  await ca.issue('0c');
  await ca.database('status_changes').where({ seq: 3 }).delete();
  await follow();
  expect(statuses.of('0c')?.status).toBe('good');
  expect(statuses.of('0a')?.status).toBe('good');
}

describe('a change that commits after one with a higher number', () => {
  it('is not skipped', async () => {
    await aGapAtThree();
    clock.at += 30;
    await commitLate(3, '0a');
    await follow();
    expect(statuses.of('0a')?.status).toBe('revoked');
  });

  it('is not skipped by a responder that was started again in between', async () => {
    await aGapAtThree();
    await statuses.close();
    await open();
    await commitLate(3, '0a');
    await follow();
    expect(statuses.of('0a')?.status).toBe('revoked');
  });

  it('that was rolled back is not waited for for ever', async () => {
    await aGapAtThree();
    expect(statuses.reached().seq).toBe(2);
    clock.at += 61;
    await ca.issue('0d');
    await follow();
    expect(statuses.reached().seq).toBe(5);
  });
});

it('whatever the order of commits, every number is seen once looked for', () => {
  const numbers = fc.shuffledSubarray(
    Array.from({ length: 30 }, (_, index) => index + 1),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 5 }), (order, perRound) => {
      const gaps = openGaps(0);
      const present = new Set<number>();
      const seen = new Set<number>();
      for (let at = 0; at < order.length; at += perRound) {
        for (const number of order.slice(at, at + perRound)) present.add(number);
        const late = gaps.open(0).flatMap(({ from, to }) => [...present].filter(one => one >= from && one <= to));
        const fresh = [...present].filter(number => number > gaps.newest());
        for (const found of [late, fresh]) {
          const ascending = found.toSorted((one, other) => one - other);
          const safe = gaps.safeAfter(ascending, 0);
          gaps.note(ascending, 0);
          ascending.forEach(number => seen.add(number));
          for (let number = 1; number <= safe; number++) expect(seen).toContain(number);
        }
      }
      expect(seen).toEqual(present);
    }),
    { numRuns: 300 },
  );
});
