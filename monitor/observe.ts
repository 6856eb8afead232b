/** One round of looking at everything. What could not be looked at is told as such, and never left out. */
import type { Observation, Reading, ReadingName } from '../ca-core/index.ts';
import { lookAtAudit } from './look-at-audit.ts';
import { countCertificates } from './look-at-certificates.ts';
import { lookAtCrls } from './look-at-crls.ts';
import { lookAtBackup, lookAtClock, lookAtDisks } from './look-at-machine.ts';
import { lookAtOcsp } from './look-at-ocsp.ts';
import { lookAtQueues } from './look-at-queues.ts';
import { lookAtPages, lookAtServices } from './look-at-services.ts';
import { reading, type Look, type MonitorParts } from './parts.ts';

export interface Observing {
  readonly observe: () => Promise<Observation>;
  /** Resolves when what goes on beside the rounds has ended. */
  readonly settled: () => Promise<void>;
}

export function openObserving(parts: MonitorParts): Observing {
  const { store, clock } = parts;
  const audit = lookAtAudit(parts);
  const count = countCertificates(parts);
  let days: Observation['days'] = [];
  const counting: Look = async () => {
    const counted = await count();
    days = counted.days;
    return counted.readings;
  };
  const looks: readonly NamedLook[] = [
    [lookAtServices(parts), 'serviceSilence', 'serviceRed', 'tokenAway'],
    [lookAtPages(parts), 'pageAway'],
    [lookAtCrls(parts), ...crlReadings],
    [lookAtOcsp(parts), 'ocspFault', 'ocspOldest', 'ocspLeft', 'ocspP50', 'ocspP95'],
    [lookAtQueues(parts), ...queueReadings],
    [counting, 'expiring', 'issuedToday', 'revokedToday'],
    [audit.look, 'auditFaults', 'auditVerified'],
    [lookAtBackup(parts), 'backupAge'],
    [lookAtDisks(parts), 'diskFree'],
    [lookAtClock(parts), 'clockOffset'],
  ];
  const lasting = looks.map(look => keepLast(look, parts));
  return {
    settled: audit.settled,
    observe: async () => {
      const isThere = await store.issuers.list().then(
        () => true,
        () => false,
      );
      const readings = await Promise.all(lasting.map(look => look(isThere)));
      const database = reading('databaseAway', '', isThere ? 0 : 1);
      return { at: clock.now(), readings: [database, ...readings.flat()], days };
    },
  };
}

/** With every reading that it tells. */
type NamedLook = readonly [Look, ...ReadingName[]];

const crlReadings: readonly ReadingName[] = [
  ...(['crlNumber', 'crlAge', 'crlLeft', 'rootCrlAge', 'rootCrlLeft'] as const),
  ...(['crlOutside', 'caCertificateOutside', 'caLeft'] as const),
];
const queueReadings: readonly ReadingName[] = [
  ...(['ordersWaiting', 'ordersAge', 'casesWaiting', 'casesAge'] as const),
  ...(['queueAge', 'queueLength', 'auditWaiting'] as const),
];

/**
 * Where a look fails its last figures are told as untold, which calls people; before it has any, each by its name alone.
 * While the database is away they stay as they were, since that alone is the news.
 */
function keepLast(
  [look, ...names]: NamedLook,
  { log }: MonitorParts,
): (isDatabaseThere: boolean) => Promise<readonly Reading[]> {
  let last: readonly Reading[] = [];
  return async isDatabaseThere => {
    try {
      last = await look();
      return last;
    } catch (error) {
      if (!isDatabaseThere) return last;
      log.error({ err: error }, 'a look failed');
      const known = last.length > 0 ? last : names.map(name => reading(name, '', null));
      return known.map(one => ({ ...one, value: null, note: 'could not be told' }));
    }
  };
}
