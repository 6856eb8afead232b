/** What the stores promise of orders: placed once, shared among workers under one lead, and keys handed out once. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { refusalFrom } from '../support/refusal.ts';
import {
  approval,
  certificateOf,
  event,
  intentionOf,
  issuer,
  late,
  place,
  type StoreGround,
} from './support/store-ground.ts';

/** Of a database in which no order waits. */
export function describeOrders(ground: StoreGround): void {
  describe('place an order once', () => {
    it('though both officers sign at the same moment', async () => {
      for (let round = 0; round < 10; round++) {
        const caseId = `K26-${randomUUID().slice(0, 8)}`;
        const digest = await ground.store.documents.put(aCaseDocument({ ca: issuer, caseId }), late);
        const record = (member: string) => ground.store.approvals.record({ digest, at: late, ...approval(member) });
        const progress = await Promise.all([record('one'), record('other')]);
        expect(progress.map(one => one.signatures).sort()).toEqual([1, 2]);
        expect((await ground.store.orders.ofCase(caseId))?.state).toBe('waiting');
      }
    });

    it('though one officer signs twice at the same moment', async () => {
      const digest = await ground.store.documents.put(aCaseDocument({ ca: issuer, caseId: 'K26-twice' }), late);
      const record = () => refusalFrom(ground.store.approvals.record({ digest, at: late, ...approval('one') }));
      const refusals = await Promise.all([record(), record()]);
      expect(refusals.map(refusal => refusal?.code).sort()).toEqual(['approverTwice', undefined]);
      expect(await ground.store.orders.ofCase('K26-twice')).toBeUndefined();
    });
  });

  describe('share orders among workers', () => {
    it('each claimed by one, and only that one may intend', async () => {
      await ground.store.orders.claim('sweeper', 1000);
      const cases = new Set<string>();
      for (let count = 0; count < 12; count++) cases.add(await place(ground));
      const claims = await Promise.all(['a', 'b', 'c'].map(worker => ground.store.orders.claim(worker, 5)));
      expect(claims.flat().length).toBe(12);
      expect(new Set(claims.flat().map(order => order.caseId))).toEqual(cases);
      expect((await ground.store.orders.claimants()).toSorted()).toEqual(['a', 'b', 'c', 'sweeper']);
      const [order] = claims[0] ?? [];
      if (order === undefined) throw new Error('nothing claimed');
      const intention = intentionOf(order.id, order.caseId, order.digest);
      await expect(ground.store.orders.intend('b', [intention], [], [])).rejects.toThrow('took over');
      await ground.store.orders.intend('a', [intention], [], []);
      expect((await ground.store.orders.unfinished(10, ['a'])).length).toBe(0);
      expect(await ground.store.orders.unfinished(10, ['b'])).toEqual([intention]);
    });

    it('and what a worker left is taken over, what a busy one is at is not', async () => {
      await ground.store.orders.takeOver('c', ['b']);
      expect((await ground.store.orders.claimants()).toSorted()).toEqual(['b', 'c']);
      expect((await ground.store.orders.unfinished(10, ['c'])).length).toBe(0);
      expect((await ground.store.orders.unfinished(10, ['b'])).length).toBe(1);
      const [order] = await ground.store.orders.claim('c', 1);
      if (order === undefined) throw new Error('nothing given back');
      await ground.store.orders.refuse(order, new PkiError('digestMismatch'), event());
      expect(await ground.store.orders.ofCase(order.caseId)).toMatchObject({
        state: 'refused',
        refusal: { code: 'digestMismatch' },
      });
      expect(await place(ground, order.caseId)).toBe(order.caseId);
    });
  });

  describe('let one lead', () => {
    it('until it is silent, gone or resigns', async () => {
      const { leases } = ground.store;
      const wish = (holder: string, now: number, gone: string | null = null) => ({
        holder,
        now,
        until: now + 15,
        gone,
      });
      const wishes = await Promise.all(['a', 'b', 'c'].map(holder => leases.lead(wish(holder, late))));
      expect(wishes.filter(Boolean).length).toBe(1);
      const { holder, expiresAt, vouchedUntil } = await leases.leader();
      expect([expiresAt, vouchedUntil]).toEqual([late + 15, 0]);
      const other = holder === 'a' ? 'b' : 'a';
      expect(await leases.lead(wish(other, late + 14))).toBe(false);
      expect(await leases.vouch(other, late + 20)).toBe(false);
      expect(await leases.vouch(holder ?? '', late + 20)).toBe(true);
      expect(await leases.lead(wish(other, late + 1, holder))).toBe(true);
      await leases.resign(holder ?? '');
      expect((await leases.leader()).holder).toBe(other);
      await leases.resign(other);
      expect(await leases.leader()).toEqual({ holder: null, expiresAt: 0, vouchedUntil: 0 });
    });
  });

  describe('hand a sealed key out', () => {
    it('once, though it is asked for twice at the same moment', async () => {
      const caseId = await place(ground);
      const [order] = (await ground.store.orders.claim('a', 1000)).filter(one => one.caseId === caseId);
      if (order === undefined) throw new Error('not claimed');
      const intention = intentionOf(order.id, caseId, order.digest);
      const delivery = { caseId, sealedKey: Uint8Array.of(0, 7, 255), wrappedKey: null, expiresAt: late };
      await ground.store.orders.intend('a', [intention], [delivery], [event()]);
      expect((await refusalFrom(ground.store.deliveries.take(caseId, 1)))?.code).toBe('notYetIssued');
      await ground.store.orders.issue(
        [certificateOf({ orderId: order.id, caseId, serialNumber: intention.serialNumber })],
        [],
        2,
      );
      const taken = await Promise.allSettled([1, 2, 3].map(() => ground.store.deliveries.take(caseId, 3)));
      expect(taken.filter(one => one.status === 'fulfilled').map(one => one.value)).toEqual([Uint8Array.of(0, 7, 255)]);
      expect(await ground.store.deliveries.state(caseId)).toEqual({ expiresAt: late, pickedUpAt: 3, sealed: false });
    });
  });
}
