import { join } from 'node:path';
import type { Command } from 'commander';
import { verifyAudit, type AuditVerdict } from '../../ca-core/audit/sequencer.ts';
import { openAnchors } from '../../ca-core/home/home.ts';
import { openStore } from '../../ca-core/index.ts';
import { withDatabase } from '../prepare.ts';
import { answers, type Answer } from './command.ts';

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the log of who did what, a Merkle tree (RFC 6962)');
  const verify = audit
    .command('verify')
    .description('recompute every leaf and the root, and compare with the head outside the database');
  answers(verify, settings =>
    withDatabase(settings, async database => {
      const anchors = await openAnchors(join(settings.home, 'ca'));
      return answerOf(await verifyAudit(openStore(database).audit, anchors.auditHead));
    }),
  );
}

function answerOf({ size, root, head, faults }: AuditVerdict): Answer {
  const holds = faults.length === 0;
  const lines = [
    `events: ${size}`,
    `root:   ${root}`,
    `head:   ${head === undefined ? 'none yet' : `${head.size} events, ${head.root}`}`,
    ...faults.map(fault => `✗ ${fault}`),
    holds ? 'The audit log holds.' : 'The audit log does not hold.',
  ];
  return { value: { holds, size, root, head: head ?? null, faults }, lines, failed: !holds };
}
