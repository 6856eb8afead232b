import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, readPolicies } from '../../ca-core/index.ts';
import {
  auditKeys,
  openFindings,
  type KeysAudit,
  type KeysAuditStep,
  type WeakKeyFound,
} from '../../ca-core/keys-audit.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf } from '../settings.ts';
import { addBlockedKeysCommands } from './blocked-keys.ts';
import { answers, progress, type Answer } from './command.ts';

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('the public keys in certificates, and those that may be in none');
  addBlockedKeysCommands(keys);
  const audit = keys
    .command('audit')
    .description(
      'look for keys that share a prime, and for keys on the lists of policies/weak-keys, as the CA core does every night',
    );
  answers(audit, settings =>
    withDatabase(settings, async database => {
      const { certificates, issuers, status } = openStore(database);
      const walk = auditKeys({
        ...{ certificates, status, now: systemClock.now() },
        issuers: (await issuers.list()).map(({ id }) => id),
        policies: readPolicies(settingOf(settings, 'KAKUIN_POLICIES')),
      });
      return answerOf(await walked(walk));
    }),
  );
}

/** Every fiftieth step is told. */
async function walked(walk: ReturnType<typeof auditKeys>): Promise<KeysAudit> {
  for (let count = 0; ; count++) {
    const step = await walk.next();
    if (step.done === true) return step.value;
    if (count % 50 === 0) progress(sentenceFor(step.value));
  }
}

const sentenceFor = (step: KeysAuditStep): string =>
  step.stage === 'read' ? `${step.done} certificates read …` : `${step.done} of ${step.of} comparisons done …`;

function answerOf(outcome: KeysAudit): Answer {
  const { certificates, moduli, found, unreadable } = outcome;
  const open = openFindings(outcome).length;
  const lines = [
    `certificates looked at: ${certificates}`,
    `RSA moduli:             ${moduli}`,
    ...found.map(lineOf),
    ...unreadable.map(serialNumber => `✗ ${serialNumber} cannot be read as a certificate`),
    open === 0
      ? `No key ${found.length === 0 ? 'is weak' : 'that is weak is still in use'}.`
      : `${open} certificates have weak keys: npm run kakuin -- revoke SERIAL --reason keyCompromise`,
  ];
  return { value: outcome, lines, failed: open > 0 || unreadable.length > 0 };
}

function lineOf({ serialNumber, weakness, sharedWith, isRevoked }: WeakKeyFound): string {
  const why =
    weakness === 'blocklisted' ? 'is on a list of known keys' : `shares a prime with ${sharedWith.join(', ')}`;
  return `${isRevoked ? '–' : '✗'} ${serialNumber} ${why}${isRevoked ? ' (revoked)' : ''}`;
}
