/** What the page shows of the run that goes on: what to do now, and how the last ones ended. */
import { PkiError } from '../../ca-core/errors.ts';
import type { CardResult } from '../cards/long-run.ts';
import type { TokenNews } from '../tokens/token-run.ts';

export type Doing = 'put' | 'working' | 'waiting' | 'take';

/** One token or card. */
export interface Place {
  readonly number: number;
  readonly of: number;
  /** Serial number and label; empty for a card that nobody has seen yet. */
  readonly name: string;
}

export interface Ended {
  readonly place: Place | null;
  /** Null where it is green. */
  readonly refusal: PkiError | null;
}

export interface Board {
  readonly what: 'tokens' | 'cards' | null;
  readonly state: 'idle' | 'running' | 'finished' | 'broken';
  readonly now: { readonly doing: Doing; readonly place: Place } | null;
  /** The newest first. */
  readonly ended: readonly Ended[];
  readonly green: number;
  readonly red: number;
  /** Changes with everything that the page shows. */
  readonly version: number;
}

export interface Work {
  readonly what: 'tokens' | 'cards';
  readonly run: (tell: (change: BoardChange) => void, signal: AbortSignal) => Promise<void>;
}

export type BoardChange = { readonly now: Board['now'] } | { readonly ended: Ended };

export interface RunningBoard {
  readonly seen: () => Board;
  /** Nothing happens while another run goes on. */
  readonly start: (work: Work) => void;
  /** Settles once what goes on has ended. */
  readonly stop: () => Promise<void>;
}

const blank: Board = { what: null, state: 'idle', now: null, ended: [], green: 0, red: 0, version: 0 };
const mostShown = 200;

/** `onBug` is told what is no refusal. */
export function openBoard(onBug: (error: unknown) => void): RunningBoard {
  let board = blank;
  let stopping = new AbortController();
  let goesOn = Promise.resolve();
  const put = (change: Partial<Board>): void => {
    board = { ...board, ...change, version: board.version + 1 };
  };
  const tell = (change: BoardChange): void => put('now' in change ? change : withEnded(board, change.ended));
  return {
    seen: () => board,
    start: ({ what, run }) => {
      if (board.state === 'running') return;
      stopping = new AbortController();
      put({ ...blank, what, state: 'running', version: board.version });
      goesOn = run(tell, stopping.signal).then(
        () => put({ state: 'finished', now: null }),
        (error: unknown) => {
          const refusal = error instanceof PkiError ? error : null;
          if (refusal === null) onBug(error);
          else tell({ ended: { place: null, refusal } });
          put({ state: stopping.signal.aborted ? 'finished' : 'broken', now: null });
        },
      );
    },
    stop: async () => {
      stopping.abort();
      await goesOn;
    },
  };
}

function withEnded({ ended, green, red }: Board, one: Ended): Partial<Board> {
  const isGreen = one.refusal === null;
  const counted = isGreen ? { green: green + 1 } : { red: red + 1 };
  const now = isGreen && one.place !== null ? ({ doing: 'take', place: one.place } as const) : null;
  return { now, ended: [one, ...ended].slice(0, mostShown), ...counted };
}

/** Null for what the board knows by itself. */
export function changeOfToken(news: TokenNews): BoardChange | null {
  if (news.kind === 'finished') return null;
  const { token } = news;
  const place = token && { number: token.number, of: token.of, name: `${token.serial} ${token.label}` };
  if (news.kind === 'red') return { ended: { place, refusal: news.refusal } };
  if (news.kind === 'green') return { ended: { place, refusal: null } };
  return place && { now: { doing: news.kind === 'ask' ? 'put' : news.kind, place } };
}

export function changeOfCard(news: { readonly ask: number } | CardResult<unknown>, of: number): BoardChange {
  if ('ask' in news) return { now: { doing: 'put', place: { number: news.ask + 1, of, name: '' } } };
  const place = { number: news.at + 1, of, name: '' };
  return { ended: { place, refusal: 'refusal' in news ? news.refusal : null } };
}
