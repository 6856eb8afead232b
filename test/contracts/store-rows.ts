/** What the stores promise of what is put into them: it comes back as it was. */
import { describe, expect, it } from 'vitest';
import { certificateOf, event, issuer, late, type StoreGround } from './support/store-ground.ts';

/** Of an empty database: first of all. */
export function describeRows(ground: StoreGround): void {
  describe('give back what was put', () => {
    it('octets as octets, times as numbers, Japanese as it was', async () => {
      await ground.store.issuers.add(
        { id: issuer, name: 'issuing', role: 'issuing', certificate: Uint8Array.of(0, 1, 255) },
        late,
      );
      expect(await ground.store.issuers.list()).toEqual([
        { id: issuer, name: 'issuing', role: 'issuing', certificate: Uint8Array.of(0, 1, 255) },
      ]);
      await ground.store.states.beat({ service: 'ca-core', state: 'red', detail: '鍵が使えません', seenAt: late });
      await ground.store.states.beat({ service: 'ca-core', state: 'green', detail: '', seenAt: late + 1 });
      expect(await ground.store.states.all()).toEqual([
        { service: 'ca-core', state: 'green', detail: '', seenAt: late + 1 },
      ]);
    });

    it('counts as numbers', async () => {
      expect(await ground.store.certificates.count()).toBe(0);
      expect(await ground.store.orders.waiting()).toBe(0);
      expect(await ground.store.status.lastSeq()).toBe(0);
      expect(await ground.store.audit.size()).toBe(0);
    });

    it('a thousand rows at once, in their order', async () => {
      const before = await ground.store.status.lastSeq();
      const certificates = Array.from({ length: 1000 }, () => certificateOf());
      await ground.store.orders.issue(certificates, [event('first'), event('second')], late);
      const changes = await ground.store.status.changesAfter(before, 2000);
      expect(changes.map(change => change.serialNumber)).toEqual(certificates.map(one => one.serialNumber));
      expect(changes[0]).toMatchObject({ change: 'issued', notAfter: late, createdAt: late, revokedAt: null });
      const found = await ground.store.certificates.find(issuer, certificates[999]?.serialNumber ?? '');
      expect(found).toMatchObject({ certificate: Uint8Array.of(0, 255, 39), notAfter: late });
      const { from, leafHashes } = await ground.store.audit.sequence(100, 0);
      expect([from, leafHashes.length]).toEqual([0, 2]);
      expect((await ground.store.audit.from(0, 10)).map(leaf => leaf.seq)).toEqual([0, 1]);
    });
  });
}
