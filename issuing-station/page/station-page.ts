/** The station's own page: what to do next, green or red, next. On this machine alone, and only by the one-time link. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import type { ListRow } from '../cards/holder-list.ts';
import { readHolderList } from '../cards/holder-list.ts';
import type { Letters } from '../letters/letters.ts';
import type { RunningBoard, Work } from './board.ts';
import { onlyHere, openDoor, safeHeaders, type Door } from './guards.ts';
import { wordsIn, type Language } from './words/words.ts';

/** What this run of the program is for. A part that is null has no pages. */
export interface PageGround {
  readonly board: RunningBoard;
  readonly tokens: Work | null;
  readonly cards: CardParts | null;
  readonly letters: Letters | null;
  /** The compiled browser scripts. */
  readonly scripts: string;
  /** What is no refusal. */
  readonly onBug: (error: unknown) => void;
}

export interface CardParts {
  readonly prepare: (count: number) => Work;
  readonly bind: (rows: readonly ListRow[]) => Work;
  readonly end: (idm: string, act: string, note: string) => Promise<void>;
}

export interface StationPage {
  /** The one-time link. */
  readonly link: string;
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Listens on 127.0.0.1, at a port of its own where 0 is given. */
export async function openStationPage(ground: PageGround, port = 0): Promise<StationPage> {
  const door = openDoor();
  let url = '';
  const server = createServer(pageOf(ground, door, () => url));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    link: `${url}/?key=${door.key}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const tokensCss = createRequire(import.meta.url).resolve('@digital-go-jp/design-tokens/dist/tokens.css');

function pageOf(ground: PageGround, { guard, onlyThisTab }: Door, url: () => string): Express {
  const page = express();
  page.disable('x-powered-by');
  page.set('views', join(projectRoot, 'issuing-station', 'page', 'views'));
  page.set('view engine', 'ejs');
  page.use(safeHeaders, onlyHere(url), speak(ground));
  page.get('/assets/tokens.css', (_request, response) => response.sendFile(tokensCss));
  page.use('/assets', express.static(join(projectRoot, 'issuing-station', 'page', 'assets')));
  page.use(guard);
  page.use('/js', express.static(ground.scripts));
  page.use(express.urlencoded({ extended: false, limit: '256kb' }));
  page.post('/{*path}', onlyThisTab);
  page.get(['/now', '/letters/waiting'], onlyThisTab);
  addRuns(page, ground);
  if (ground.cards !== null) addCards(page, ground.board, ground.cards);
  if (ground.letters !== null) addLetters(page, ground.letters);
  page.use((_request, response) => response.status(404).render('refused', { code: 'pageUnknown' }));
  page.use(answerError(ground));
  return page;
}

/** `?lang=` (kept in the cookie `lang`), else the cookie, else Accept-Language, else Japanese. */
function speak({ board, letters, tokens, cards }: PageGround): RequestHandler {
  return (request, response, next) => {
    const asked = request.query['lang'];
    const kept = /(?:^|; *)lang=(ja|en)(?:;|$)/.exec(request.headers.cookie ?? '')?.[1];
    const isAsked = asked === 'ja' || asked === 'en';
    if (isAsked) response.cookie('lang', asked, { sameSite: 'strict', httpOnly: true });
    const language = (isAsked ? asked : (kept ?? (request.acceptsLanguages(['ja', 'en']) || 'ja'))) as Language;
    const has = { tokens: tokens !== null, cards: cards !== null, letters: letters !== null };
    Object.assign(response.locals, { words: wordsIn[language], has, board: board.seen(), path: request.path });
    next();
  };
}

function addRuns(page: Express, { board, tokens, cards, letters }: PageGround): void {
  const home = tokens !== null ? '/tokens' : cards !== null ? '/cards' : '/letters';
  page.get('/', (_request, response) => response.redirect(303, home));
  page.get('/now', (_request, response) => {
    const { version, state } = board.seen();
    response.set({ 'X-Version': String(version), 'X-State': state }).render('now');
  });
  if (tokens !== null) {
    page.get('/tokens', (_request, response) => response.render('tokens'));
    page.post('/tokens/start', (_request, response) => {
      board.start(tokens);
      response.redirect(303, '/tokens');
    });
  }
  if (letters !== null && tokens === null) return;
  page.post('/stop', async (_request, response) => {
    const { what } = board.seen();
    await board.stop();
    response.redirect(303, what === 'cards' ? '/cards' : home);
  });
}

function addCards(page: Express, board: RunningBoard, cards: CardParts): void {
  page.get('/cards', (_request, response) => response.render('cards', { mistake: null, given: {} }));
  const start = (work: Work | null): RequestHandler => {
    return (request, response) => {
      if (work === null) response.status(400).render('cards', { mistake: 'count', given: fieldsIn(request) });
      else response.redirect(303, '/cards');
      if (work !== null) board.start(work);
    };
  };
  page.post('/cards/prepare', (request, response, next) => {
    const count = Number((fieldsIn(request)['count'] ?? '').normalize('NFKC'));
    const isRight = Number.isInteger(count) && count > 0 && count <= 10_000;
    start(isRight ? cards.prepare(count) : null)(request, response, next);
  });
  page.post('/cards/bind', (request, response) => {
    const given = fieldsIn(request);
    const { rows, bad } = readHolderList(given['list'] ?? '');
    if (rows.length === 0 || bad.length > 0) {
      response.status(400).render('cards', { mistake: 'list', bad, given });
      return;
    }
    board.start(cards.bind(rows));
    response.redirect(303, '/cards');
  });
  page.post('/cards/end', async (request, response) => {
    const { idm = '', act = '', note = '' } = fieldsIn(request);
    await cards.end(idm.trim().toLowerCase(), act, note);
    response.render('done', { said: 'cardEnded', back: '/cards' });
  });
}

function addLetters(page: Express, letters: Letters): void {
  page.get('/letters', (_request, response) => response.render('letters'));
  page.get('/letters/waiting', (_request, response) => response.render('waiting', { waiting: letters.waiting() }));
  page.post('/letters/:job/show', async ({ params }, response) => {
    response.render('letter', { letter: await letters.show(params.job) });
  });
  page.post('/letters/:job/close', async ({ params }, response) => {
    await letters.close(params.job);
    response.redirect(303, '/letters');
  });
}

function fieldsIn({ body }: Request): Readonly<Partial<Record<string, string>>> {
  const all = Object.entries((body ?? {}) as Record<string, unknown>);
  return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function answerError({ onBug }: PageGround): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const isRefusal = error instanceof PkiError;
    if (!isRefusal) onBug(error);
    response.status(isRefusal ? 409 : 500).render('refused', { code: isRefusal ? error.code : 'internalError' });
  };
}
