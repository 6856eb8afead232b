/** What waits and since when: for the CA core from its tables, for the portal as it tells. */
import { caQueues, type Reading } from '../ca-core/index.ts';
import { reading, type Look, type MonitorParts } from './parts.ts';

/** What the portal's word is taken for. */
const portals = ['casesWaiting', 'casesAge', 'queueAge', 'queueLength'];

export function lookAtQueues({ store, clock }: MonitorParts): Look {
  const ageOf = (since: number | null): number => (since === null ? 0 : Math.max(0, clock.now() - since));
  return async () => {
    const own = await Promise.all(
      caQueues.map(async (name): Promise<Reading[]> => {
        const { length, since } = await store.figures.queue(name);
        if (name === 'orders') return [reading('ordersWaiting', '', length), reading('ordersAge', '', ageOf(since))];
        return [reading('queueAge', name, ageOf(since)), reading('queueLength', name, length)];
      }),
    );
    const audit = await store.figures.auditOutbox();
    const told = (await store.observations.of('ra-portal'))?.readings ?? [];
    return [
      ...own.flat(),
      reading('auditWaiting', '', ageOf(audit.since)),
      ...told.filter(({ name, subject }) => portals.includes(name) && !caQueues.some(queue => queue === subject)),
    ];
  };
}
