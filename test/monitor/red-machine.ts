/** What turns red of the machine: no backup, a full disk, a wrong clock, a database that is away, a monitor that looks no more. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase, openStore } from '../../ca-core/index.ts';
import { aSmallDisk } from '../support/small-disk.ts';
import { lightOf, redIn, seenBy } from './support/a-watched-ca.ts';
import { redBy, type RedGround } from './support/red-ground.ts';

/** And nothing else with it. */
export function describeMachine(ground: RedGround): void {
  describe('the machine', () => {
    it('is red without a backup', async () => {
      const nowhere = { backup: join(ground.world.settings.home, 'nowhere') };
      expect(await redBy(ground, ground.world.monitor({ change: nowhere }))).toEqual(['backupAge']);
    });

    const disk = aSmallDisk(1);
    afterAll(() => disk?.end());
    it.runIf(disk !== undefined)('is red where a disk is full', async () => {
      if (disk === undefined) return;
      const monitor = ground.world.monitor({ change: { disks: [{ name: 'home', folder: disk.folder }] } });
      expect(await redBy(ground, monitor)).toEqual([]);
      disk.fill(4);
      expect(await redBy(ground, monitor)).toEqual(['diskFree home']);
      disk.free();
      expect(await redBy(ground, monitor)).toEqual([]);
    });

    it.each([10, -10])('is red where its clock is off by %i seconds', async seconds => {
      ground.world.time.beAhead(seconds);
      expect(await redBy(ground, ground.world.monitor())).toEqual(['clockOffset']);
      ground.world.time.beAhead(0);
    });

    it('is amber where no time server tells the time', async () => {
      ground.world.time.beOfStratum(16);
      const picture = await seenBy(ground.world.monitor({ rules: { answerWithin: 0.3 } }));
      expect(lightOf(picture, 'clockOffset')).toBe('amber');
      ground.world.time.beOfStratum(2);
    });

    it('is red where the database is away, and keeps the other figures as they were', async () => {
      const database = openDatabase(ground.world.ca.settings.database);
      const monitor = ground.world.monitor({ store: openStore(database) });
      expect(await redBy(ground, monitor)).toEqual([]);
      await database.destroy();
      await monitor.round();
      expect(redIn(monitor.picture())).toEqual(['databaseAway']);
      ground.caused.add('databaseAway');
      expect(lightOf(monitor.picture(), 'crlAge', 'issuing')).toBe('green');
    });

    it('is red where the monitor looks no more', async () => {
      const monitor = ground.world.monitor();
      await monitor.round();
      ground.world.clock.pass(121);
      expect(redIn(monitor.picture())).toEqual(['monitorSilence']);
      expect(monitor.health().isWell).toBe(false);
      ground.caused.add('monitorSilence');
    });
  });
}
