/** `kakuin audit sample`: the quarterly self-audit, drawn, kept and read. */
import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import {
  drawSelfAudit,
  lastQuarter,
  openStore,
  quarterCalled,
  readPolicies,
  type SelfAudit,
} from '../../ca-core/index.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, timeText, wrongUsage, type Answer, type Typed } from './command.ts';

export function addAuditSampleCommand(audit: Command): void {
  const sample = audit
    .command('sample')
    .description(
      'the self-audit of a quarter: at least 30 and 3 % of its certificates, drawn by the audit log, linted anew, kept',
    )
    .option('--quarter <name>', 'such as 2026-Q3; the one before this')
    .option('--again', 'draw what is on record again, and compare');
  answers(sample, drawOrRead);
}

async function drawOrRead(settings: Settings, { options, flags }: Typed): Promise<Answer> {
  const now = systemClock.now();
  const quarter = options['quarter'] === undefined ? lastQuarter(now) : quarterCalled(options['quarter']);
  if (quarter === undefined) throw wrongUsage('--quarter takes a year and a quarter, such as 2026-Q3.');
  return withDatabase(settings, async database => {
    const store = openStore(database);
    const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
    const draw = (): Promise<SelfAudit> => drawSelfAudit({ store, policies, now }, quarter);
    const known = await store.selfAudits.of(quarter.name);
    if (known === undefined) {
      await store.selfAudits.add(await draw(), { service: 'console', actor: 'operator' });
      return answerOf((await store.selfAudits.of(quarter.name)) ?? (await draw()), []);
    }
    const differs = flags.has('again') && resultOf(await draw()) !== resultOf(known);
    const told = !flags.has('again')
      ? []
      : [differs ? '✗ Drawn again it is another.' : '✓ Drawn again it is the same.'];
    const answer = answerOf(known, told);
    return { ...answer, failed: answer.failed === true || differs };
  });
}

/** Which were drawn, and what is wrong with them. */
const resultOf = ({ log, issued, sample }: SelfAudit): string => JSON.stringify([log, issued, sample]);

function answerOf(audit: SelfAudit, further: readonly string[]): Answer {
  const { quarter, log, issued, sample, drawnAt } = audit;
  const faulty = sample.filter(({ findings }) => findings.length > 0);
  const lines = [
    `${quarter}: ${sample.length} of ${issued} certificates, drawn ${timeText(drawnAt)} by the audit log of ${log.size} leaves`,
    `root ${log.root}`,
    ...faulty.flatMap(({ serialNumber, findings }) =>
      findings.map(
        ({ rule, field, found }) => `✗ ${serialNumber} ${rule} (${field})${found === undefined ? '' : ` ${found}`}`,
      ),
    ),
    faulty.length === 0 ? 'Nothing is wrong with any of them.' : `${faulty.length} have findings.`,
    ...further,
  ];
  return { value: audit, lines, failed: faulty.length > 0 };
}
