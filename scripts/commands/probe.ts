import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, timeText, wrongUsage, type Answer, type Typed } from './command.ts';

/** Seconds that the monitor has to answer. */
const answerWithin = 10;

export function addProbeCommand(program: Command): void {
  const probe = program
    .command('probe')
    .description(
      'watch the watcher: exit code 1 where the monitor is silent, or something is red; for cron, best on another machine',
    )
    .option('--url <url>', 'where the monitor shows its figures', 'http://127.0.0.1:KAKUIN_MONITOR_PORT/metrics')
    .option('--token-file <file>', 'the token that the monitor asks for')
    .option('--silent-after <seconds>', 'how old its newest look may be', '120');
  answers(probe, probeMonitor);
}

async function probeMonitor(settings: Settings, { options }: Typed): Promise<Answer> {
  const oldest = Number(options['silentAfter']);
  if (!/^[1-9]\d{0,8}$/.test(options['silentAfter'] ?? '')) throw wrongUsage('--silent-after takes whole seconds.');
  const url = (options['url'] ?? '').replace('KAKUIN_MONITOR_PORT', settingOf(settings, 'KAKUIN_MONITOR_PORT'));
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw wrongUsage('--url takes an http:// or https:// URL.');
  const token = tokenIn(options['tokenFile']);
  const text = await figuresAt(url, token).catch((error: unknown) => sentenceFor(error));
  if (typeof text === 'string') return silent(`The monitor is silent: ${url} ${text}.`);
  const { observedAt, red } = text;
  const age = systemClock.now() - observedAt;
  // What is not a number is older than anything.
  if (!(age <= oldest)) {
    const since = Number.isFinite(observedAt) ? `since ${timeText(observedAt)}` : 'since it was started';
    return silent(`The monitor is silent: it has not looked ${since}.`);
  }
  const lines = red.length === 0 ? ['The monitor looks, and nothing is red.'] : ['Red:', ...red.map(one => `  ${one}`)];
  return { value: { isSilent: false, observedAt, red }, lines, failed: red.length > 0 };
}

const silent = (line: string): Answer => ({
  value: { isSilent: true, observedAt: null, red: [] },
  lines: [line],
  failed: true,
});

function tokenIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw wrongUsage(`There is no file ${file}.`);
  }
}

interface Told {
  readonly observedAt: number;
  /** As `crlAge issuing`. */
  readonly red: readonly string[];
}

async function figuresAt(url: string, token: string | undefined): Promise<Told | string> {
  const answer = await fetch(url, {
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    redirect: 'error',
    signal: AbortSignal.timeout(answerWithin * 1000),
  });
  const text = await answer.text();
  if (!answer.ok) return `answers with HTTP ${answer.status}`;
  const observed = /^kakuin_observed_timestamp_seconds (\S+)$/m.exec(text)?.[1];
  if (observed === undefined) return 'is no monitor’s';
  const red = [...text.matchAll(/^kakuin_light\{reading="([^"]*)"(?:,subject="([^"]*)")?\} 2$/gm)];
  return {
    observedAt: Number(observed),
    red: red.map(([, reading = '', subject]) => [reading, subject].join(' ').trim()),
  };
}

function sentenceFor(error: unknown): string {
  const isLate = error instanceof Error && error.name === 'TimeoutError';
  return isLate ? `does not answer within ${answerWithin} seconds` : 'cannot be reached';
}
