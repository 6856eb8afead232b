import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore } from '../../ca-core/index.ts';
import { findingKinds, type Finding, type Reconciliation } from '../../ca-core/reconcile/findings.ts';
import { reconcileGroundOf } from '../../ca-core/reconcile/ground-of.ts';
import { reconcile } from '../../ca-core/reconcile/reconcile.ts';
import { openToldDeliveries } from '../../ca-core/store/deliveries-told.ts';
import { withDatabase } from '../prepare.ts';
import { answers, progress, type Answer } from './command.ts';

export function addReconcileCommand(program: Command): void {
  const command = program
    .command('reconcile')
    .description(
      'compare signer log, certificates, audit log, statuses, CRLs, OCSP statuses and deliveries, as the CA core does every night; it changes nothing',
    );
  answers(command, settings =>
    withDatabase(settings, async database => {
      const [store, deliveries] = [openStore(database), openToldDeliveries(database)];
      const ground = await reconcileGroundOf({ home: settings.home, store, deliveries, now: systemClock.now() });
      return answerOf(await walked(reconcile(ground)));
    }),
  );
}

/** Each stage is told, and every hundredth step of a long one. */
async function walked(walk: ReturnType<typeof reconcile>): Promise<Reconciliation> {
  for (let stage = '', count = 0; ; count++) {
    const step = await walk.next();
    if (step.done === true) return step.value;
    if (step.value.stage === stage && count % 100 !== 0) continue;
    ({ stage } = step.value);
    progress(`${stage} …`);
  }
}

function answerOf(outcome: Reconciliation): Answer {
  const { findings, counts, notCompared } = outcome;
  const lines = [
    ...Object.entries(counts).map(([name, count]) => `${`${name}:`.padEnd(14)}${count}`),
    ...notCompared.map(place => `not compared: ${place}`),
    ...findings.flatMap(linesFor),
    findings.length === 0 ? 'Every place says the same.' : `${findings.length} disagreements.`,
  ];
  return { value: outcome, lines, failed: findings.length > 0 };
}

const linesFor = ({ kind, issuer, serialNumber, caseId, what }: Finding): string[] => [
  `✗ ${kind}  ${caseId ?? 'no case'}  ${serialNumber}  ${issuer}: ${what}`,
  `  ${findingKinds[kind]}`,
];
