/** The monitor, put together: it looks, tells the database, calls people, and shows its figures. */
import { pictureOf, type Observation, type Picture, type Reading } from '../ca-core/index.ts';
import type { UnixTime } from '../ca-core/clock.ts';
import { openAlertJournal } from './alert-journal.ts';
import { raiseAlerts } from './alerts.ts';
import { carryAlerts, errandsFor, type Carrier } from './carry-alerts.ts';
import { metricsText } from './metrics.ts';
import { openObserving } from './observe.ts';
import { reading, type MonitorParts } from './parts.ts';
import { openWebhook } from './webhook.ts';

export interface Monitor {
  /** Looks at everything once, and tells. Never throws because something that it looks at is not well. */
  readonly round: () => Promise<void>;
  /** As it stood after the newest round. */
  readonly picture: () => Picture;
  readonly metrics: () => string;
  /** Whether the newest look is fresh, and when it was. */
  readonly health: () => { readonly isWell: boolean; readonly value: { readonly observedAt: UnixTime | null } };
  /** Resolves when what goes on beside the rounds has ended. */
  readonly settled: () => Promise<void>;
}

/** Throws settingsInvalid where the webhook's secret cannot be read. */
export function openMonitor(parts: MonitorParts): Monitor {
  const { settings, policy, clock, log } = parts;
  const observing = openObserving(parts);
  const journal = openAlertJournal(settings.home, log);
  const carriers = carriersOf(parts);
  let newest: Observation | undefined;
  const picture = (): Picture => pictureOf(newest, policy, clock.now());
  return {
    picture,
    settled: observing.settled,
    metrics: () =>
      metricsText(picture(), {
        undelivered: journal.read().errands.length,
        helpOf: ({ name }) => policy.readings[name].name.en,
      }),
    health: () => {
      const { readings, observedAt } = picture();
      const silence = readings.find(({ name }) => name === 'monitorSilence');
      return { isWell: silence?.light !== 'red', value: { observedAt } };
    },
    round: async () => {
      const own = ownState(journal.keep());
      const seen = await observing.observe();
      newest = { ...seen, readings: [...seen.readings, ...own.readings] };
      const now = clock.now();
      await tell(newest, own, parts).catch((error: unknown) => log.error({ err: error }, 'the database was not told'));
      const { red, errands } = journal.read();
      const raised = raiseAlerts(red, picture().readings, { ...policy, now });
      for (const { reading, subject, state, cause } of raised.alerts)
        log.warn({ reading, subject, state, cause }, 'people are called');
      const next = [...errands, ...errandsFor(raised.alerts, carriers.keys())];
      if (JSON.stringify(raised.red) !== JSON.stringify(red)) journal.write({ red: raised.red, errands: next });
      await carryAlerts({ journal, carriers, clock, log });
    },
  };
}

interface OwnState {
  readonly state: 'green' | 'red';
  readonly detail: string;
  readonly readings: readonly Reading[];
}

/** People are called all the same while the journal cannot be kept, but would be called again after a restart. */
function ownState(isKept: boolean): OwnState {
  const [state, detail] = isKept
    ? (['green', 'looked'] as const)
    : (['red', 'its own folder cannot be written'] as const);
  return { state, detail, readings: [reading('serviceRed', 'monitor', isKept ? 0 : 1, isKept ? '' : detail)] };
}

async function tell(
  observation: Observation,
  { state, detail }: OwnState,
  { store, clock }: MonitorParts,
): Promise<void> {
  await store.observations.tell('monitor', observation);
  await store.states.beat({ service: 'monitor', state, detail, seenAt: clock.now() });
}

/** The table is where the portal finds what it mails, and the page what it shows. */
function carriersOf({ store, settings, policy, clock }: MonitorParts): ReadonlyMap<string, Carrier> {
  const carriers = new Map<string, Carrier>([['mail', store.alerts.add]]);
  const { webhook, urls } = settings;
  if (webhook !== undefined)
    carriers.set('webhook', openWebhook({ ...webhook, portalUrl: urls.portal, policy, clock }));
  return carriers;
}
