/** Tells an organisation's desk, once a day at most, whose certificates end. */
import { startOfDay } from '../applications/as-typed.ts';
import { expiryDigest } from '../mail/life-letters.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { organisationsUntold, takeUntold } from '../store/expiry-notices.ts';
import { postLetter } from '../store/letters.ts';
import { lrasOf } from '../store/people.ts';

const japan = 9 * 3_600;

/** How many letters. From `digestAt` in Japan on, so that what was noticed over night is in one. */
export async function postExpiryDigests(parts: PortalParts): Promise<number> {
  const { database, clock, policies, settings } = parts;
  const at = clock.now();
  const since = todayAt(at, policies.schedule.life.digestAt);
  if (at < since) return 0;
  let posted = 0;
  for (const organisation of await organisationsUntold(database, since)) {
    posted += await inOneStep(database, async trx => {
      const notices = await takeUntold(trx, organisation, at);
      const desk = notices.length === 0 ? [] : await lrasOf(trx, organisation);
      for (const { mailbox } of desk) {
        await postLetter(trx, { ...expiryDigest(notices, { mailbox, portalUrl: settings.url }), at });
      }
      return desk.length;
    });
  }
  if (posted > 0) parts.sendLetters();
  return posted;
}

/** A clock time of the day in Japan that `now` is in; Unix seconds. */
function todayAt(now: number, clockTime: string): number {
  const [hours = 0, minutes = 0] = clockTime.split(':').map(Number);
  const today = new Date((now + japan) * 1000).toISOString().slice(0, 10);
  return startOfDay(today) + hours * 3_600 + minutes * 60;
}
