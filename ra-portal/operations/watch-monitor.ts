/** The monitor calls people; who calls them when it is silent itself? The portal, which is another program. */
import { randomUUID } from 'node:crypto';
import { pictureOf } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';

/** An alert when its silence turns red, and one when it is over. A monitor that never was is no news. */
export async function watchMonitor({
  ca,
  clock,
  policies,
}: Pick<PortalParts, 'ca' | 'clock' | 'policies'>): Promise<void> {
  const observation = await ca.observations.of('monitor');
  if (observation === undefined) return;
  const now = clock.now();
  const { readings } = pictureOf({ ...observation, readings: [] }, policies.operations, now);
  const [silence] = readings;
  if (silence === undefined) return;
  const told = await ca.alerts.newestOf('monitorSilence', '');
  const isRed = silence.light === 'red';
  if (isRed === (told?.state === 'red')) return;
  await ca.alerts.add({
    ...{ id: randomUUID(), reading: 'monitorSilence', subject: '', cause: 'change', value: silence.value },
    ...{ state: isRed ? 'red' : 'green', since: isRed ? observation.at : now, raisedAt: now },
  });
}
