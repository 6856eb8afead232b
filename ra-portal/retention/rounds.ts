import { clockWatcher } from '../../ca-core/index.ts';
import { startOfDay } from '../applications/as-typed.ts';
import type { PortalParts } from '../parts.ts';
import { applyRetention } from './retention.ts';

const japan = 9 * 3_600;

/**
 * Deletes, once a night, what is past its time, but by no clock that cannot be right. One of these per portal: several, and
 * one begun again, do no harm.
 */
export function openRetentionRounds(): (parts: PortalParts) => Promise<void> {
  let last = 0;
  return async parts => {
    const now = parts.clock.now();
    const [hours = 0, minutes = 0] = parts.policies.retention.at.split(':').map(Number);
    const today = startOfDay(new Date((now + japan) * 1000).toISOString().slice(0, 10)) + hours * 3_600 + minutes * 60;
    const due = now < today ? today - 86_400 : today;
    if (last >= due || (await isClockDoubted(parts))) return;
    await applyRetention(parts);
    last = now;
  };
}

/** The CA core may have watched the clock for longer than this portal. */
async function isClockDoubted({ ca }: PortalParts): Promise<boolean> {
  return (await ca.states.all()).some(({ service, state }) => service === clockWatcher && state === 'red');
}
