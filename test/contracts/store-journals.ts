/** What the stores promise of status changes and of the audit log: whoever follows them misses none. */
import { describe, expect, it } from 'vitest';
import { lockingTransaction } from '../../ca-core/store/database.ts';
import { insertAll } from '../../ca-core/store/insert-all.ts';
import { certificateOf, event, late, type StoreGround } from './support/store-ground.ts';

/** Whatever is in them already. */
export function describeJournals(ground: StoreGround): void {
  describe('number status changes as they become visible', () => {
    it('so that whoever follows them misses none', async () => {
      const start = await ground.store.status.lastSeq();
      let followed = start;
      let seen = 0;
      const writing = { isDone: false };
      const following = (async () => {
        while (!writing.isDone || (await ground.store.status.lastSeq()) > followed) {
          const changes = await ground.store.status.changesAfter(followed, 50);
          seen += changes.length;
          followed = changes.at(-1)?.seq ?? followed;
        }
      })();
      const write = async (): Promise<void> => {
        for (let count = 0; count < 20; count++)
          await ground.store.orders.issue([certificateOf(), certificateOf()], [], late);
      };
      await Promise.all([write(), write(), write(), write()]);
      writing.isDone = true;
      await following;
      expect(seen).toBe(160);
    });
  });

  describe('keep the audit log', () => {
    it('losing no event that is written while others are moved', async () => {
      for (let left = 1; left > 0; left = (await ground.store.audit.sequence(500, 0)).leafHashes.length);
      const start = await ground.store.audit.size();
      const write = async (name: string): Promise<void> => {
        for (let count = 0; count < 25; count++) {
          await lockingTransaction(ground.database, transaction =>
            insertAll(transaction, 'audit_outbox', [{ event: JSON.stringify(event(name)) }]),
          );
        }
      };
      const writing = { isDone: false };
      const moving = (async () => {
        while (!writing.isDone || (await ground.store.audit.size()) < start + 100)
          await ground.store.audit.sequence(7, 0);
      })();
      await Promise.all(['a', 'b', 'c', 'd'].map(write));
      writing.isDone = true;
      await moving;
      expect(await ground.store.audit.size()).toBe(start + 100);
    });

    it('in one piece with what it is about', async () => {
      const before = await ground.database('audit_outbox').count({ n: '*' });
      const failing = ground.database.transaction(async transaction => {
        await insertAll(transaction, 'audit_outbox', [{ event: '{}' }]);
        throw new Error('undone');
      });
      await expect(failing).rejects.toThrow('undone');
      expect(await ground.database('audit_outbox').count({ n: '*' })).toEqual(before);
    });
  });
}
