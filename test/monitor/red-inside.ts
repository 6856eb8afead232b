/** What turns red of what is kept here: orders and applications that wait, events that wait for the audit log, a leaf that was altered. */
import { describe, expect, it } from 'vitest';
import { redBy, type RedGround } from './support/red-ground.ts';

const day = 86_400;

/** Officers approve two more certificates and a revocation in it. */
export function describeInside(ground: RedGround): void {
  describe('what waits', () => {
    it('is red where orders are many or wait long, and where a revocation waits', async () => {
      const { readings } = ground.world.ca.policies.operations;
      const bounds = { ordersWaiting: { ...readings.ordersWaiting, red: { above: 1 } } };
      for (const caseId of ['K26-AAAA-0002', 'K26-AAAA-0003'])
        await ground.world.ca.approve(ground.world.ca.aCase({ caseId }));
      const { store, ca, officers } = ground.world.ca;
      const serialNumber = (await store.figures.sample(ca, '', 1))[0]?.serialNumber ?? '';
      const about = {
        kind: 'revocation',
        version: 1,
        ca,
        serialNumber,
        requestedAt: ground.world.clock.now(),
      } as const;
      await ground.world.ca.approve({ ...about, reason: 'superseded', invalidityDate: null }, [officers[0]]);
      expect(await redBy(ground, ground.world.monitor({ bounds }))).toEqual(['ordersWaiting']);
      expect(await redBy(ground, ground.world.monitor({ ahead: 901 }))).toContain('queueAge revocations');
      expect(await redBy(ground, ground.world.monitor({ ahead: 3_601 }))).toContain('ordersAge');
      await ground.world.services.allTurn();
      await ground.world.beat();
      expect(await redBy(ground, ground.world.monitor({ bounds }))).toEqual([]);
    });

    it('is red where applications wait for officers, as the portal tells; of the CA’s own queues it tells nothing', async () => {
      const readings = [
        { name: 'casesAge' as const, subject: '', value: 15 * day, note: '' },
        { name: 'queueAge' as const, subject: 'revocations', value: 9_999, note: '' },
        { name: 'backupAge' as const, subject: '', value: 0, note: '' },
      ];
      await ground.world.ca.store.observations.tell('ra-portal', { at: ground.world.clock.now(), readings, days: [] });
      expect(await redBy(ground, ground.world.monitor())).toEqual(['casesAge']);
      await ground.world.ca.store.observations.tell('ra-portal', {
        at: ground.world.clock.now(),
        readings: [],
        days: [],
      });
    });
  });

  describe('the audit log', () => {
    it('is red where events wait for it', async () => {
      const event = { service: 'ca-core', action: 'a.test', actor: 'a test', subject: 'x', details: {} } as const;
      await ground.world.ca.store.audit.note({ ...event, at: ground.world.clock.now() - 121 });
      expect(await redBy(ground, ground.world.monitor())).toEqual(['auditWaiting']);
      await ground.world.services.allTurn();
      await ground.world.beat();
    });

    it('is red where a leaf was altered, and where nobody has verified it for too long', async () => {
      const { database } = ground.world.ca;
      const [row] = await database('audit_log').where({ seq: 3 }).select<{ leaf: Buffer }[]>('leaf');
      await database('audit_log')
        .where({ seq: 3 })
        .update({ leaf: Buffer.from('{"altered":true}') });
      expect(await redBy(ground, ground.world.monitor())).toEqual(['auditFaults']);
      await database('audit_log').where({ seq: 3 }).update({ leaf: row?.leaf });
      const { auditVerified } = ground.world.ca.policies.operations.readings;
      const bounds = { auditVerified: { ...auditVerified, red: { above: 100 } } };
      const monitor = ground.world.monitor({ bounds, rules: { auditEvery: day } });
      expect(await redBy(ground, monitor)).toEqual([]);
      ground.world.clock.pass(101);
      await ground.world.services.allTurn();
      await ground.world.beat();
      expect(await redBy(ground, monitor)).toEqual(['auditVerified']);
    });
  });
}
