/** `kakuin station run|letters`: the station's page on this machine, opened by a one-time link. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { readCardPolicy } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { bindByTouch } from '../../issuing-station/cards/bind-card.ts';
import type { Card } from '../../issuing-station/cards/card.ts';
import { longRun } from '../../issuing-station/cards/long-run.ts';
import { openPcsc } from '../../issuing-station/cards/pcsc.ts';
import { prepareCard } from '../../issuing-station/cards/prepare-card.ts';
import { openLetters } from '../../issuing-station/letters/letters.ts';
import { changeOfCard, changeOfToken, openBoard, type Work } from '../../issuing-station/page/board.ts';
import { openStationPage, type CardParts, type PageGround } from '../../issuing-station/page/station-page.ts';
import type { Portal } from '../../issuing-station/portal/client.ts';
import { openTokenSlots } from '../../issuing-station/tokens/token-slots.ts';
import { runTokens } from '../../issuing-station/tokens/token-run.ts';
import { settingOf, type Settings } from '../settings.ts';
import { sayWhy } from '../sentences.ts';
import { atTheDesk, type DeskParts } from '../station-ground.ts';
import { answers, wrongUsage, type Answer, type Typed } from './command.ts';

export function addStationPageCommands(station: Command): void {
  const port = ['--port <port>', 'on the loopback address; 0 is any', '0'] as const;
  answers(
    station
      .command('run')
      .description('a page on this machine that shows what to do next: tokens and cards')
      .option(...port),
    (settings, typed) => atTheDesk(settings, parts => show(typed, groundOf(settings, parts))),
  );
  answers(
    station
      .command('letters')
      .description('a page on this machine to print the PIN letters: for another person than who makes the tokens')
      .option(...port),
    (settings, typed) =>
      atTheDesk(settings, parts =>
        show(typed, { ...pageParts(), tokens: null, cards: null, letters: openLetters(parts) }),
      ),
  );
}

const scripts = join(projectRoot, 'dist', 'issuing-station', 'page', 'browser');
const pageParts = (): Pick<PageGround, 'board' | 'scripts' | 'onBug'> => ({
  board: openBoard(sayWhy),
  scripts,
  onBug: sayWhy,
});

/** What `station run` shows; tokens only where a PKCS#11 module is set. */
export function groundOf(settings: Settings, parts: DeskParts): PageGround {
  const tokens = settings.values['KAKUIN_STATION_MODULE'] === undefined ? null : tokenWork(settings, parts);
  return { ...pageParts(), tokens, cards: cardParts(settings, parts.station.portal), letters: null };
}

/** The module is opened for each run, so that one that failed is tried anew. */
function tokenWork(settings: Settings, parts: DeskParts): Work {
  return {
    what: 'tokens',
    run: async (tell, signal) => {
      const slots = openTokenSlots(settingOf(settings, 'KAKUIN_STATION_MODULE'));
      try {
        const news = { ...parts, slots, signal, rest: 500, isOnce: false };
        await runTokens({
          ...news,
          tell: one => {
            const change = changeOfToken(one);
            if (change !== null) tell(change);
          },
        });
      } finally {
        slots.close();
      }
    },
  };
}

function cardParts(settings: Settings, portal: Portal): CardParts {
  const policy = readCardPolicy(settingOf(settings, 'KAKUIN_POLICIES'));
  const workOf = (count: number, work: (card: Card, at: number) => Promise<unknown>): Work => ({
    what: 'cards',
    run: async (tell, signal) => {
      const readers = openPcsc();
      try {
        await longRun(count, { readers, policy, signal, work, tell: news => tell(changeOfCard(news, count)) });
      } finally {
        await readers.close();
      }
    },
  });
  return {
    prepare: count => workOf(count, card => prepareCard(portal, card)),
    bind: rows =>
      workOf(rows.length, (card, at) => {
        const row = rows[at];
        if (row === undefined) throw new RangeError('more cards than rows');
        return bindByTouch(portal, card, row.holder);
      }),
    end: async (idm, act, note) => {
      await portal.post(`/api/v1/cards/${encodeURIComponent(idm)}/end`, { act, decision: 'revoke', note });
    },
  };
}

/** Until it is interrupted. */
async function show({ options }: Typed, ground: PageGround): Promise<Answer> {
  const port = Number(options['port']);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw wrongUsage('--port takes a port.');
  const page = await openStationPage(ground, port);
  process.stderr.write(`Open this link once, on this machine:\n${page.link}\nCtrl-C ends it.\n`);
  await new Promise(resolve => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  await ground.board.stop();
  await page.close();
  const { green, red } = ground.board.seen();
  return { value: { green, red }, lines: [`${green} done, ${red} with an error.`] };
}
