/** What the responder of a home learns of its CA, by its own follower, and what `kakuin reconcile` makes of all places. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ca-core/clock.ts';
import { silentLog } from '../../ca-core/log.ts';
import type { Reconciliation } from '../../ca-core/reconcile/findings.ts';
import { reconcileGroundOf } from '../../ca-core/reconcile/ground-of.ts';
import { reconcile } from '../../ca-core/reconcile/reconcile.ts';
import type { openDatabase } from '../../ca-core/store/database.ts';
import { openToldDeliveries } from '../../ca-core/store/deliveries-told.ts';
import { openStore } from '../../ca-core/store/store.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { followStatus } from '../../ocsp-responder/follow-status.ts';
import { openOwnStatuses } from '../../ocsp-responder/status-store.ts';

export interface PlacesOfCa {
  readonly home: string;
  readonly database: ReturnType<typeof openDatabase>;
  /** Id of the issuing CA. */
  readonly ca: string;
  readonly clock: Clock;
}

/** Writes the responder's status.jsonl. */
export async function followAsResponder({ home, database, ca, clock }: PlacesOfCa): Promise<void> {
  mkdirSync(join(home, 'responder'), { recursive: true });
  const statuses = await openOwnStatuses(join(home, 'responder', 'status.jsonl'), () => undefined);
  const { status, certificates, crls, issuers } = openStore(database);
  const row = (await issuers.list()).find(({ id }) => id === ca);
  const issuer = readCertificate(row?.certificate ?? new Uint8Array(0));
  await followStatus({ status, certificates, crls, statuses, issuer, ca, clock, log: silentLog })();
  await statuses.close();
}

export async function compareAllPlaces({ home, database, clock }: PlacesOfCa): Promise<Reconciliation> {
  const [store, deliveries] = [openStore(database), openToldDeliveries(database)];
  const walk = reconcile(await reconcileGroundOf({ home, store, deliveries, now: clock.now() }));
  for (;;) {
    const step = await walk.next();
    if (step.done === true) return step.value;
  }
}
