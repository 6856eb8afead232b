import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, readPolicies } from '../../ca-core/index.ts';
import { auditKeys, type KeysAudit, type WeakKeyFound } from '../../ca-core/keys-audit.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf } from '../settings.ts';
import { answers, type Answer } from './command.ts';

export function addKeysCommands(program: Command): void {
  const keys = program.command('keys').description('the public keys in certificates');
  const audit = keys
    .command('audit')
    .description(
      'look for keys that share a prime, and for keys on the lists of policies/weak-keys; good to run every night',
    );
  answers(audit, settings =>
    withDatabase(settings, async database => {
      const store = openStore(database);
      const outcome = await auditKeys({
        certificates: store.certificates,
        issuers: (await store.issuers.list()).map(({ id }) => id),
        policies: readPolicies(settingOf(settings, 'KAKUIN_POLICIES')),
        now: systemClock.now(),
        tell: ({ done, of }) => process.stderr.write(`\rtrees: ${done} of ${of}${done === of ? '\n' : ''}`),
      });
      return answerOf(outcome);
    }),
  );
}

function answerOf(outcome: KeysAudit): Answer {
  const { certificates, moduli, found } = outcome;
  const lines = [
    `certificates looked at: ${certificates}`,
    `RSA moduli:             ${moduli}`,
    ...found.map(lineOf),
    found.length === 0
      ? 'No key is weak.'
      : `${found.length} certificates have weak keys: revoke them for keyCompromise.`,
  ];
  return { value: outcome, lines, failed: found.length > 0 };
}

function lineOf({ serialNumber, weakness, sharedWith }: WeakKeyFound): string {
  const why =
    weakness === 'blocklisted' ? 'is on a list of known keys' : `shares a prime with ${sharedWith.join(', ')}`;
  return `✗ ${serialNumber} ${why}`;
}
