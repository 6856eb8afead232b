/** Every night everything that is told of certificates is compared; what disagrees is an alarm in the state of the services. */
import { join } from 'node:path';
import type { Aside } from '../aside.ts';
import type { Ca } from '../ca.ts';
import { openNightMemory } from '../home/night-memory.ts';
import { openNightly } from '../nightly.ts';
import type { CaSettings } from '../settings.ts';
import type { ToldDeliveries } from '../store/deliveries-told.ts';
import type { Reconciliation } from './findings.ts';
import { reconcileGroundOf } from './ground-of.ts';
import { reconcile } from './reconcile.ts';

const service = 'reconcile';

export function openNightlyReconcile(ca: Ca, { home }: Pick<CaSettings, 'home'>, deliveries: ToldDeliveries): Aside {
  const { clock, log, store, policies } = ca;
  const memory = openNightMemory(join(home, 'ca', 'reconcile'));
  return openNightly({
    ...{ name: 'the nightly comparison', service, states: store.states, clock, log },
    ...{ at: policies.schedule.reconcile.at, memory },
    begin: async () => reconcile(await reconcileGroundOf({ home, store, deliveries, now: clock.now() })),
    tell: outcome => tell(ca, outcome),
  });
}

/** Findings that a state names; `kakuin reconcile` names all. */
const mostNamed = 5;

async function tell({ store, clock, log }: Ca, { findings, counts, notCompared }: Reconciliation): Promise<void> {
  const at = clock.now();
  const details = { findings: String(findings.length), ...textOf(counts), notCompared: String(notCompared.length) };
  await store.audit.note({
    ...{ at, service: 'ca-core', action: 'places.reconciled', actor: 'ca-core', subject: 'places', details },
  });
  const named = findings.slice(0, mostNamed).map(one => `${one.kind} ${one.caseId ?? one.serialNumber}`);
  const state = findings.length === 0 ? ('green' as const) : ('red' as const);
  const without = notCompared.length === 0 ? '' : `; not compared: ${notCompared.join(', ')}`;
  const detail =
    findings.length === 0
      ? `${counts.certificates} certificates: every place says the same${without}`
      : `${findings.length} disagreements (npm run kakuin -- reconcile): ${named.join(', ')}${without}`;
  if (state === 'red') log.error(details, 'places disagree about certificates');
  await store.states.beat({ service, state, detail, seenAt: at });
}

const textOf = (counts: Reconciliation['counts']): Record<string, string> =>
  Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)]));
