import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { settle, aCa, type ACa } from '../support/a-ca.ts';

let platform: ACa;
beforeAll(async () => {
  platform = await aCa({ database: 'sqlite' });
});
afterAll(() => platform.end());

describe('the database', () => {
  it('writes ahead, syncs every commit and keeps foreign keys', async () => {
    const pragma = async (name: string): Promise<unknown> => {
      const rows: unknown = await platform.database.raw(`pragma ${name}`);
      return Array.isArray(rows) ? Object.values(rows[0] as object)[0] : undefined;
    };
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('synchronous')).toBe(2);
    expect(await pragma('foreign_keys')).toBe(1);
  });

  it('takes the write lock as a transaction begins, so that what was read first is still true when it writes', async () => {
    const other = openDatabase(platform.settings.database);
    await other.raw('pragma busy_timeout = 0');
    const write = () => other.transaction(transaction => transaction('issuers').select('id'));
    const first = await platform.database.transaction();
    await expect(write().finally(() => first.rollback())).rejects.toThrow('database is locked');
    expect(await write()).toHaveLength(2);
    await other.destroy();
  });
});

describe('an approval', () => {
  it('counts once for each officer', async () => {
    const document = platform.aCase();
    const [one, other] = platform.officers;
    const at = platform.clock.now();
    const digest = await platform.store.documents.put(document, at);
    const record = (officer: typeof one) =>
      platform.store.approvals.record({ digest, at, ...officer.approve(document) });
    expect(await record(one)).toEqual({ signatures: 1, needed: 2, complete: false, dropped: [] });
    await expect(record(one)).rejects.toThrow('approverTwice');
    expect(await platform.store.orders.ofCase(document.caseId)).toBeUndefined();
    expect(await record(other)).toEqual({ signatures: 2, needed: 2, complete: true, dropped: [] });
    expect(await platform.store.orders.ofCase(document.caseId)).toEqual({ state: 'waiting', refusal: null });
  });

  it('is for a document that is there', async () => {
    const approval = platform.officers[0].approve(platform.aCase());
    const record = platform.store.approvals.record({ digest: '0'.repeat(64), at: 1, ...approval });
    await expect(record).rejects.toThrow('documentUnknown');
  });
});

describe('an order', () => {
  it('is placed once for a case, and the second document leaves nothing behind', async () => {
    const document = platform.aCase();
    await platform.approve(document);
    const other = { ...document, validityDays: document.validityDays - 1 };
    await expect(platform.approve(other)).rejects.toThrow('orderTwice');
    expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'waiting' });
    const second = await platform.store.documents.put(other, platform.clock.now());
    expect(await platform.store.approvals.of(second)).toHaveLength(1);
  });

  it('leaves events with what it did, or with nothing', async () => {
    const before = await eventCount();
    const document = platform.aCase();
    const failing = openStore(platform.database);
    const digest = await failing.documents.put(document, 1);
    const { memberId, ...approval } = platform.officers[0].approve(document);
    const nobody = { ...approval, memberId, digest, at: Number.NaN };
    await expect(failing.approvals.record(nobody)).rejects.toThrow();
    expect(await eventCount()).toBe(before);
    await failing.approvals.record({ ...nobody, at: 1 });
    expect(await eventCount()).toBe(before + 1);
  });

  const eventCount = async (): Promise<number> =>
    (await platform.database('audit_outbox').count<{ n: number }[]>('* as n'))[0]?.n ?? 0;
});

describe('documents that wait for a signature', () => {
  it('are listed however many were there before', async () => {
    const old = Array.from({ length: 1100 }, (_, n) => ({
      ...{ digest: n.toString(16).padStart(64, '0'), kind: 'case', subject_id: `old-${n}` },
      ...{ document: '{}', created_at: 1 },
    }));
    for (let at = 0; at < old.length; at += 100) await platform.database('documents').insert(old.slice(at, at + 100));
    const document = platform.aCase();
    const digest = await platform.store.documents.put(document, platform.clock.now());
    expect((await platform.store.documents.awaiting()).map(one => one.digest)).toContain(digest);
  });
});

describe('a key to pick up', () => {
  it('is there once, and not before the certificate', async () => {
    const document = platform.aCase();
    const { store, clock } = platform;
    await expect(store.deliveries.take(document.caseId, clock.now())).rejects.toThrow('notYetIssued');
    await platform.approve(document);
    const core = await platform.open();
    await settle(core);
    await core.close();
    expect(await store.deliveries.state(document.caseId)).toMatchObject({ sealed: true, pickedUpAt: null });
    const taken = await Promise.allSettled([1, 2, 3].map(() => store.deliveries.take(document.caseId, clock.now())));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(store.deliveries.take(document.caseId, clock.now())).rejects.toThrow('alreadyPickedUp');
    expect(await store.deliveries.state(document.caseId)).toMatchObject({ sealed: false });
  });
});
