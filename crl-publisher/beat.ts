/** How the publisher says how it is, where the states of all services are seen. */
import type { Clock } from '../ca-core/clock.ts';
import type { Store } from '../ca-core/index.ts';

/** How often the same is said again, in seconds. */
const beatEvery = 10;

export interface BeatParts {
  readonly store: Pick<Store, 'states'>;
  readonly clock: Clock;
}

/** Says green, or red with the failure. */
export function openBeat({ store, clock }: BeatParts): (failure: unknown) => Promise<void> {
  let beatAt = 0;
  let lastDetail = '';
  return async failure => {
    const seenAt = clock.now();
    const detail = failure === undefined ? 'published' : failure instanceof Error ? failure.message : 'failed';
    if (detail === lastDetail && Math.abs(seenAt - beatAt) < beatEvery) return;
    await store.states.beat({
      service: 'crl-publisher',
      state: failure === undefined ? 'green' : 'red',
      detail,
      seenAt,
    });
    beatAt = seenAt;
    lastDetail = detail;
  };
}
