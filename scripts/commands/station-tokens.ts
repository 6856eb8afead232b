/** `kakuin station tokens …`: "put in token 3 of 120", green or red, next, on the terminal. */
import type { Command } from 'commander';
import { PkiError } from '../../ca-core/errors.ts';
import { endByHand } from '../../issuing-station/tokens/personalise.ts';
import { runTokens, type TokenNews, type TokenPlace } from '../../issuing-station/tokens/token-run.ts';
import { sentenceOf } from '../sentences.ts';
import type { Settings } from '../settings.ts';
import { atTheDesk, atTheSlots } from '../station-ground.ts';
import { answers, columns, wrongUsage, type Answer, type Typed } from './command.ts';

export function addStationTokenCommands(station: Command): void {
  const tokens = station
    .command('tokens')
    .description(
      'USB tokens; settings: KAKUIN_STATION_MODULE (PKCS#11 module), KAKUIN_STATION_SO_PIN_FILE (the SO-PIN they come with)',
    );
  answers(tokens.command('list').description('what lies in the slots, and what the portal says of it'), list);
  answers(tokens.command('enter').description('make known to the portal what lies in the slots'), enter);
  answers(
    tokens
      .command('run')
      .description('make the tokens that two officers approved, one after the other; goes on where it stopped')
      .option('--once', 'only those that lie there, without asking for others'),
    run,
  );
  answers(
    tokens
      .command('end')
      .description('give up a job that cannot go on')
      .argument('<job>')
      .requiredOption('--outcome <outcome>', 'damaged (the token is spoilt) or failed (it is blank as it was)')
      .requiredOption('--reason <text>', 'in plain English'),
    end,
  );
  answers(
    tokens
      .command('clear')
      .description('a token that this station made is back in your hands and may be erased')
      .argument('<serial>'),
    clear,
  );
}

function list(settings: Settings): Promise<Answer> {
  return atTheSlots(settings, async ({ slots, desk }) => {
    const there = slots.list();
    const known = new Map((await desk.tokens()).map(({ serial, state }) => [serial, state]));
    const value = there.map(({ serial, model, label }) => {
      return { serial, model, label, state: known.get(serial) ?? null };
    });
    const rows = value.map(({ serial, model, label, state }) => [serial, model, label, state ?? 'not entered']);
    return { value, lines: rows.length === 0 ? ['No token lies there.'] : columns(rows) };
  });
}

function enter(settings: Settings): Promise<Answer> {
  return atTheSlots(settings, async ({ slots, desk }) => {
    const entered = await desk.enter(slots.list().map(({ serial, model }) => ({ serial, model })));
    return { value: entered, lines: [`The portal knows ${entered.length} tokens that lie here.`] };
  });
}

function run(settings: Settings, { flags }: Typed): Promise<Answer> {
  return atTheSlots(settings, async parts => {
    const stopping = new AbortController();
    const stop = (): void => stopping.abort();
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const told: TokenNews[] = [];
    const tell = (news: TokenNews): void => {
      told.push(news);
      process.stderr.write(`${lineOf(news)}\n`);
    };
    await runTokens({ ...parts, tell, signal: stopping.signal, rest: 500, isOnce: flags.has('once') });
    return answerOf(told);
  });
}

const green = '\u001b[32m✓\u001b[0m';
const red = '\u001b[31m✗\u001b[0m';
const nameOf = ({ number, of, serial, label }: TokenPlace): string => `token ${number} of ${of} (${serial}, ${label})`;

function lineOf(news: TokenNews): string {
  switch (news.kind) {
    case 'ask':
      return `Put in ${nameOf(news.token)}.`;
    case 'working':
      return `  ${nameOf(news.token)}: at work, leave it in`;
    case 'waiting':
      return `  ${nameOf(news.token)}: its certificate is being made, leave it in`;
    case 'green':
      return `${green} ${nameOf(news.token)}: done; take it out`;
    case 'red':
      return `${red} ${news.token === null ? '' : `${nameOf(news.token)}: `}${sentenceOf(news.refusal) ?? news.refusal.code}`;
    case 'finished':
      return news.left === 0 ? 'Every job is done.' : `${news.left} jobs are left.`;
  }
}

function answerOf(told: readonly TokenNews[]): Answer {
  const done = told.flatMap(news => (news.kind === 'green' ? [news.token] : []));
  const last = told.at(-1);
  const left = last?.kind === 'finished' ? last.left : null;
  const stood = new Map<string, PkiError>();
  for (const news of told) {
    if (news.kind === 'red') stood.set(news.token?.jobId ?? '', news.refusal);
    if (news.kind === 'green') stood.delete(news.token.jobId);
  }
  const refused = [...stood].filter(([jobId]) => jobId !== '');
  const value = {
    done: done.map(({ jobId, serial }) => ({ jobId, serial })),
    refused: refused.map(([jobId, { code, values }]) => ({ jobId, refused: code, ...values })),
    left,
  };
  const lines = [
    `${done.length} tokens done, ${refused.length} refused${left === null ? ', stopped' : `, ${left} left`}.`,
  ];
  return { value, lines, failed: refused.length > 0 || left !== 0 };
}

function end(settings: Settings, { words: [jobId = ''], options: { outcome, reason = '' } }: Typed): Promise<Answer> {
  if (outcome !== 'damaged' && outcome !== 'failed') throw wrongUsage('--outcome is damaged or failed.');
  return atTheDesk(settings, async ({ desk, journal }) => {
    const job = journal.find(jobId)?.job ?? (await desk.job(jobId)).job;
    await endByHand({ desk, journal }, job, { outcome, reason });
    return { value: { jobId, outcome }, lines: ['The officers have the application back.'] };
  });
}

function clear(settings: Settings, { words: [serial = ''] }: Typed): Promise<Answer> {
  return atTheDesk(settings, ({ journal }) => {
    const jobs = journal.forget(serial);
    if (jobs === 0) throw new PkiError('tokenUnknown');
    return Promise.resolve({ value: { serial, jobs }, lines: ['It may be erased by the next job for it.'] });
  });
}
