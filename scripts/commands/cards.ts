/** `kakuin cards …`: the station's long runs on the terminal. "Put card 3 of 120", green or red, next. */
import type { Command } from 'commander';
import { PkiError } from '../../ca-core/errors.ts';
import { readCardPolicy } from '../../ca-core/index.ts';
import { bindByList, bindByTouch } from '../../issuing-station/cards/bind-card.ts';
import type { Card } from '../../issuing-station/cards/card.ts';
import { readHolderList, type ListRow } from '../../issuing-station/cards/holder-list.ts';
import { longRun, type CardResult } from '../../issuing-station/cards/long-run.ts';
import { openPcsc } from '../../issuing-station/cards/pcsc.ts';
import { openPortalClient, type Portal } from '../../issuing-station/portal/client.ts';
import { prepareCard } from '../../issuing-station/cards/prepare-card.ts';
import { sentenceOf } from '../sentences.ts';
import { settingOf, type Settings } from '../settings.ts';
import { theStation } from '../station-ground.ts';
import { answers, wrongUsage, type Answer, type Typed } from './command.ts';
import { secretIn, textIn } from './named-file.ts';

export function addCardCommands(program: Command): void {
  const cards = program.command('cards').description('JCAN Pass cards on a reader at this desk');
  answers(
    withPortal(
      cards.command('prepare').description('write secrets on so many cards, one after the other'),
    ).requiredOption('--count <count>', 'how many'),
    prepareMany,
  );
  answers(
    withPortal(cards.command('bind').description('give prepared cards to people'))
      .requiredOption('--list <file>', 'UTF-8, a line each: card number or IDm, mailbox, name, Corporate Number')
      .option('--touch', 'in the order of the list, each card on the reader; its number is not asked'),
    bindMany,
  );
  answers(
    withPortal(cards.command('end').description('a card is lost, broken or given back'))
      .argument('<idm>')
      .requiredOption('--act <act>', 'lose, damage or retire')
      .option('--decision <decision>', 'revoke its certificates, or keep them (an officer only)', 'revoke')
      .option('--note <text>', 'why'),
    endOne,
  );
}

const withPortal = (command: Command): Command =>
  command
    .option('--token-file <file>', 'a token of the API with the scope cards:write; else this station’s own certificate')
    .option('--portal <url>', 'address of the portal, beside a token')
    .option('--reader <name>', 'this reader only');

/** As the token's owner, or as the station that is paired here. Throws stationUnpaired. */
async function portalOf(settings: Settings, { options: { portal, tokenFile } }: Typed): Promise<Portal> {
  if (tokenFile === undefined && portal === undefined) return (await theStation(settings)).portal;
  if (tokenFile === undefined || portal === undefined || !URL.canParse(portal)) {
    throw wrongUsage('--token-file and --portal (a URL) go together; without both, this station signs in.');
  }
  return openPortalClient({ url: portal, token: secretIn(tokenFile) });
}

async function prepareMany(settings: Settings, typed: Typed): Promise<Answer> {
  const count = Number(typed.options['count']);
  if (!Number.isInteger(count) || count < 1) throw wrongUsage('--count takes a whole number from 1 on.');
  const portal = await portalOf(settings, typed);
  return runOver(settings, typed, { count, work: card => prepareCard(portal, card) });
}

async function bindMany(settings: Settings, typed: Typed): Promise<Answer> {
  const portal = await portalOf(settings, typed);
  const rows = readList(typed.options['list'] ?? '');
  if (typed.flags.has('touch')) {
    const work = (card: Card, at: number) => bindByTouch(portal, card, (rows[at] as ListRow).holder);
    return runOver(settings, typed, { count: rows.length, work });
  }
  const results: CardResult<unknown>[] = [];
  for (const [at, { card, holder }] of rows.entries()) {
    results.push(await bindByList(portal, card, holder).then(value => ({ at, value }), refusedAt(at)));
  }
  return answerOf(results);
}

async function endOne(settings: Settings, typed: Typed): Promise<Answer> {
  const portal = await portalOf(settings, typed);
  const { act, decision, note = '' } = typed.options;
  const value = await portal.post(`/api/v1/cards/${typed.words[0] ?? ''}/end`, { act, decision, note });
  return { value, lines: ['The card opens nothing any more.'] };
}

interface Run {
  readonly count: number;
  readonly work: (card: Card, at: number) => Promise<unknown>;
}

async function runOver(settings: Settings, { options }: Typed, { count, work }: Run): Promise<Answer> {
  const readers = openPcsc();
  const policy = readCardPolicy(settingOf(settings, 'KAKUIN_POLICIES'));
  try {
    const tell = (news: { readonly ask: number } | CardResult<unknown>): void => {
      if ('ask' in news) process.stderr.write(`Put card ${news.ask + 1} of ${count}: `);
      else process.stderr.write(`${lineOf(news)}\n`);
    };
    return answerOf(await longRun(count, { readers, policy, reader: options['reader'], work, tell }));
  } finally {
    await readers.close();
  }
}

const green = '\u001b[32m✓\u001b[0m';
const red = '\u001b[31m✗\u001b[0m';

function lineOf(result: CardResult<unknown>): string {
  if ('value' in result) return `${green} done; take it away`;
  return `${red} ${sentenceOf(result.refusal) ?? result.refusal.code}`;
}

const refusedAt =
  (at: number) =>
  (error: unknown): CardResult<never> => {
    if (error instanceof PkiError) return { at, refusal: error };
    throw error;
  };

function answerOf(results: readonly CardResult<unknown>[]): Answer {
  const refused = results.filter(result => 'refusal' in result);
  const value = results.map(result =>
    'value' in result ? result : { at: result.at, refused: result.refusal.code, ...result.refusal.values },
  );
  const lines = refused.map(result => `${result.at + 1}: ${sentenceOf(result.refusal) ?? result.refusal.code}`);
  const count = `${results.length - refused.length} cards done, ${refused.length} refused.`;
  return { value, lines: [...lines, count], failed: refused.length > 0 };
}

/** Every mistake at once. */
function readList(file: string): readonly ListRow[] {
  const { rows, bad } = readHolderList(textIn(file));
  if (bad.length > 0 || rows.length === 0) {
    throw wrongUsage(`Each line is card,mailbox,name,Corporate Number; not so: ${bad.join(', ')}`);
  }
  return rows;
}
