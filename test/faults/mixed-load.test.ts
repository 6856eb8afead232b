/** The whole platform as `npm start` runs it, under mixed load, while its services are killed one at a time. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkIssuedEvents, checkPki } from '../support/check-pki.ts';
import { mixedLoad } from '../support/mixed-load/load.ts';
import { untilRecorded } from '../support/mixed-load/endings.ts';
import { openWorld, untilSettled, type World } from '../support/mixed-load/world.ts';
import { buildChanged } from '../scripts/compiled.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const seconds = Number(process.env['KAKUIN_LOAD_SECONDS'] ?? (isLong ? 3_600 : 600));

let world: World;
beforeAll(async () => {
  buildChanged();
  world = await openWorld();
}, 180_000);
afterAll(async () => {
  await world.database.destroy();
  await world.platform.stop();
});

describe('applying, approving, issuing, picking up, revoking, OCSP and CRLs under kills', () => {
  it(
    'shows nobody anything false, loses nothing, and leaves a PKI whose parts agree',
    async () => {
      const outcome = await mixedLoad(world, { seconds, longestRest: 20_000 });
      for (const wish of outcome.wishes) await untilRecorded(world, wish);
      await untilSettled(world);
      const { judged, wrong, unanswered } = world.asker.counts();
      await world.platform.end();
      expect(world.complaints.violations).toEqual([]);
      expect(wrong).toEqual([]);
      expect(await checkPki(underCheck())).toEqual([]);
      expect(await checkIssuedEvents(underCheck())).toEqual([]);
      const killed = [...outcome.killed].map(([name, times]) => `${name} ${times}`).join(', ');
      console.log(
        `${seconds} s: ${outcome.issued} issued (${outcome.lostPickUps} pick-ups lost), ${outcome.wishes.length} revoked or released, ` +
          `${judged} OCSP answers judged, ${unanswered.length} unanswered, ${outcome.crls} CRLs; killed: ${killed}; ` +
          `${world.complaints.again} acts done again`,
      );
      expect(outcome.issued).toBeGreaterThan(seconds / 30);
      expect(judged).toBeGreaterThan(seconds);
    },
    (seconds + 400) * 1_000,
  );
});

const underCheck = () => ({ settings: { home: world.platform.settings.home }, database: world.database });
