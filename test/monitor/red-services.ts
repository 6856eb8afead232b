/** Which services are red: those that say so, whose pages do not open, whose token is away, or who did not do what is done every night. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureSentence } from '../../ca-core/turn-failure.ts';
import { aCa, settle } from '../support/a-ca.ts';
import { aPublisher } from '../support/a-publisher.ts';
import { softHsm } from '../support/soft-hsm.ts';
import { redBy, type RedGround } from './support/red-ground.ts';

/** Of a platform that is well before. */
export function describeServices(ground: RedGround): void {
  describe('services', () => {
    it('are red where what is done every night was not done', async () => {
      const { states } = ground.world.ca.store;
      const told = { service: 'reconcile', state: 'green' as const, detail: 'every place says the same' };
      await states.beat({ ...told, seenAt: ground.world.clock.now() - 27 * 3_600 });
      expect(await redBy(ground, ground.world.monitor())).toContain('serviceRed reconcile');
      await states.beat({ ...told, seenAt: ground.world.clock.now() });
      expect(await redBy(ground, ground.world.monitor())).not.toContain('serviceRed reconcile');
    });

    it('are red where they say so themselves: here the publisher, whose files nobody gets', async () => {
      const { store, ca } = ground.world.ca;
      await store.crls.order(ca, 'a test', ground.world.clock.now());
      ground.world.clock.pass(10);
      await settle(ground.world.services.core);
      const lost = await aPublisher(
        { store, home: mkdtempSync(join(tmpdir(), 'kakuin-lost-')) },
        {
          clock: ground.world.clock,
          fetchPublic: () => Promise.resolve(new Uint8Array()),
          url: ground.world.ca.settings.crlUrl,
        },
      );
      await lost.round().catch(() => undefined);
      await lost.close();
      expect(await redBy(ground, ground.world.monitor())).toContain('serviceRed crl-publisher');
      await ground.world.services.allTurn();
    });

    it('are red where their pages do not open', async () => {
      const monitor = ground.world.monitor();
      ground.world.portal.instead('/', new Uint8Array(), 502);
      await monitor.round();
      ground.world.clock.pass(61);
      await ground.world.beat();
      expect(await redBy(ground, monitor)).toEqual(['pageAway approval-desk', 'pageAway ra-portal'].sort().reverse());
      ground.world.portal.honest();
      expect(await redBy(ground, monitor)).toEqual([]);
    });

    // The token's program is compiled first, where nobody has yet.
    it('are red where the token with their keys is away', { timeout: 300_000 }, async () => {
      const hsm = softHsm('shim');
      const platform = await aCa({ caKeys: hsm.uri(), clock: ground.world.clock, database: 'sqlite' });
      hsm.spoil('removed');
      const core = await platform.open();
      const failure: unknown = await core.turn().then(
        () => undefined,
        (error: unknown) => error,
      );
      const state = { service: core.worker.name, state: 'red', detail: failureSentence(failure) } as const;
      await ground.world.ca.store.states.beat({ ...state, seenAt: ground.world.clock.now() });
      expect(await redBy(ground, ground.world.monitor())).toEqual(['serviceRed ca-core', 'tokenAway ca-core']);
      await core.close();
      await platform.end();
      hsm.end();
    });
  });
}
