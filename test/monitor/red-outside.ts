/** What turns red because relying parties get the wrong thing: an old CRL or none, another certificate, an OCSP answer that is late or false. */
import { describe, expect, it } from 'vitest';
import type { Store } from '../../ca-core/index.ts';
import { aCa } from '../support/a-ca.ts';
import { lightOf } from './support/a-watched-ca.ts';
import { redBy, type RedGround } from './support/red-ground.ts';

/** With one certificate issued, of case K26-AAAA-0001, which the last of the tests revokes. */
export function describeOutside(ground: RedGround): void {
  describe('CRLs and CA certificates outside', () => {
    it('are red where an old CRL is served', async () => {
      const { store, ca } = ground.world.ca;
      const old = new Uint8Array(await (await fetch(`${ground.world.crl.url}/crl/issuing/0.crl`)).arrayBuffer());
      await store.crls.order(ca, 'a test', ground.world.clock.now());
      await ground.world.services.allTurn();
      const monitor = ground.world.monitor();
      expect(await redBy(ground, monitor)).toEqual([]);
      ground.world.crl.instead('/crl/issuing/0.crl', old);
      await monitor.round();
      expect(lightOf(monitor.picture(), 'crlOutside', 'issuing')).toBe('amber');
      ground.world.clock.pass(121);
      await ground.world.beat();
      expect(await redBy(ground, monitor)).toEqual(['crlOutside issuing']);
      ground.world.crl.honest();
      expect(await redBy(ground, monitor)).toEqual([]);
    });

    it('are red where the CRL that is served is gone, or none, or the CA certificate is another’s', async () => {
      const root = await ground.world.ca.store.issuers.list().then(all => all.find(({ role }) => role === 'root'));
      const monitor = ground.world.monitor();
      ground.world.crl.instead('/crl/root.crl', new Uint8Array(), 404);
      ground.world.crl.instead('/crl/issuing/0.crl', Buffer.from('<html>'));
      ground.world.crl.instead('/ca/issuing.cer', root?.certificate ?? new Uint8Array());
      await monitor.round();
      ground.world.clock.pass(121);
      await ground.world.beat();
      const red = ['crlOutside root', 'crlOutside issuing', 'caCertificateOutside issuing'];
      expect((await redBy(ground, monitor)).sort()).toEqual(red.sort());
    });

    it('are red before the first CRL of a CA', async () => {
      const fresh = await aCa({ clock: ground.world.clock, database: 'sqlite' });
      expect(await redBy(ground, ground.world.monitor({ store: fresh.store }))).toContain('crlNumber issuing');
      await fresh.end();
    });
  });

  describe('OCSP', () => {
    it.each([
      ['is not there', new Uint8Array(), 502],
      ['answers nonsense', Buffer.from('<html>'), 200],
      ['refuses (tryLater)', Buffer.from('30030a0103', 'hex'), 200],
    ])('is red where it %s', async (_, bytes, status) => {
      const monitor = ground.world.monitor();
      ground.world.ocsp.instead('/', bytes, status);
      await monitor.round();
      ground.world.clock.pass(61);
      await ground.world.beat();
      expect(await redBy(ground, monitor)).toEqual(
        expect.arrayContaining(['ocspFault issuing', 'ocspOldest', 'ocspLeft']),
      );
    });

    it('is red where it is slow', async () => {
      const { readings } = ground.world.ca.policies.operations;
      const slow = { above: 0.15 };
      const bounds = { ocspP50: { ...readings.ocspP50, red: slow }, ocspP95: { ...readings.ocspP95, red: slow } };
      ground.world.ocsp.holdBack(200);
      expect(await redBy(ground, ground.world.monitor({ bounds, rules: { ocspSample: 1 } }))).toEqual([
        'ocspP50',
        'ocspP95',
      ]);
    });

    it('is red where a cache tells good of what is revoked', async () => {
      const rules = { ocspSample: 1 };
      const store = onlyCertificate(ground.world.ca.store, 'K26-AAAA-0001');
      await ground.world.monitor({ rules, store }).round();
      const good = ground.world.ocsp.passed();
      await ground.world.services.revoke('K26-AAAA-0001');
      ground.world.clock.pass(61);
      await ground.world.beat();
      const monitor = ground.world.monitor({ rules, store });
      expect(await redBy(ground, monitor)).toEqual([]);
      expect(monitor.picture().readings.find(({ name }) => name === 'revokedToday')?.value).toBe(1);
      ground.world.ocsp.instead('/', good);
      await monitor.round();
      ground.world.clock.pass(61);
      await ground.world.beat();
      expect(await redBy(ground, monitor)).toContain('ocspFault issuing');
    });
  });
}

/** A store that knows of one certificate alone, where one is drawn by lot. */
function onlyCertificate(store: Store, caseId: string): Store {
  const sample: Store['figures']['sample'] = async () => {
    const row = await store.certificates.ofCase(caseId);
    return row === undefined ? [] : [row];
  };
  return { ...store, figures: { ...store.figures, sample } };
}
