import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { readPolicies } from '../../ca-core/index.ts';
import { applyRetention, dueNow, type RetentionGround } from '../../ra-portal/retention/retention.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, columns, progress, type Answer } from './command.ts';

/** What the portal does every night by itself, now. On PostgreSQL with the portal's own database account. */
export function addRetentionCommand(program: Command): void {
  const retention = program
    .command('retention')
    .description(
      'delete, on record, what is past its time by policies/retention.yaml, as the portal does every night (on PostgreSQL: with the database account of ra-portal)',
    )
    .option('--dry-run', 'show what would be deleted, and delete nothing');
  answers(retention, (settings, { flags }) => onGround(settings, flags.has('dryRun') ? plan : apply));
}

function onGround(settings: Settings, work: (ground: RetentionGround) => Promise<Answer>): Promise<Answer> {
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  return withDatabase(settings, database => work({ database, policies, clock: systemClock }));
}

async function plan(ground: RetentionGround): Promise<Answer> {
  const due = await dueNow(ground);
  const rows = due.map(one => [one.class, one.rule, String(one.cases.length + one.loose)]);
  const named = due.flatMap(one => one.cases.slice(0, shown).map(caseId => `  ${one.class}  ${caseId}`));
  const total = due.reduce((sum, one) => sum + one.cases.length + one.loose, 0);
  const last = total === 0 ? ['Nothing is past its time.'] : ['Nothing was deleted: this was a dry run.'];
  return { value: { dryRun: true, due }, lines: [...columns([['CLASS', 'KEPT', 'DUE'], ...rows]), ...named, ...last] };
}

const shown = 50;

async function apply(ground: RetentionGround): Promise<Answer> {
  progress('Deleting what is past its time …');
  const deleted = Object.fromEntries(await applyRetention(ground));
  const rows = Object.entries(deleted).map(([name, count]) => [name, String(count)]);
  const total = Object.values(deleted).reduce((sum, count) => sum + count, 0);
  const last = total === 0 ? 'Nothing was past its time.' : 'Each deletion is on record.';
  return { value: { dryRun: false, deleted }, lines: [...columns([['CLASS', 'DELETED'], ...rows]), last] };
}
