/** The workers: one program for each core, all listening on one port; one that dies is replaced. */
import cluster, { type Worker } from 'node:cluster';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { addCounts, type Counts } from './counts.ts';
import type { DeskNews } from './desk-news.ts';

/** What the primary says to a worker. */
export interface CrewNews {
  readonly is: 'news';
  readonly desks: readonly DeskNews[];
}

/** What a worker says: what it has answered since it last said so, that it listens, or why it cannot. */
export type WorkerWord =
  { readonly is: 'counts'; readonly counts: Counts } | { readonly is: 'listening' } | { readonly is: 'portInUse' };

export interface CrewParts {
  /** The program that they run: the same file as the primary. */
  readonly program: string;
  readonly count: number;
  readonly port: number;
  readonly news: () => readonly DeskNews[];
  readonly log: Log;
}

export interface Crew {
  /** Resolves when there are as many as wanted. Rejects with portInUse. */
  readonly listening: Promise<void>;
  /** Tells every worker how things stand. */
  readonly tell: () => void;
  /** What all workers have answered so far, by response status. */
  readonly counts: () => Counts;
  readonly present: () => number;
  /** How many were replaced. */
  readonly replaced: () => number;
  readonly stop: () => Promise<void>;
}

/** A worker that dies at once must not be started in a tight circle. */
const pauseBeforeNext = 500;
const endWithin = 3_000;

export function openCrew(parts: CrewParts): Crew {
  cluster.setupPrimary({ exec: parts.program, args: [] });
  const crew: Members = { workers: new Set(), counts: {}, listening: 0, replaced: 0, isStopping: false };
  const listening = new Promise<void>((resolve, reject) => {
    const heard = (word: WorkerWord): void => {
      if (word.is === 'portInUse') reject(new PkiError('portInUse', { port: parts.port }));
      if (word.is === 'listening' && ++crew.listening >= parts.count) resolve();
    };
    for (let count = 0; count < parts.count; count++) add(parts, crew, heard);
  });
  // Whoever stops the crew before it listens no longer waits for that.
  listening.catch(() => undefined);
  return {
    listening,
    tell: () => crew.workers.forEach(worker => tell(worker, parts)),
    counts: () => crew.counts,
    present: () => crew.workers.size,
    replaced: () => crew.replaced,
    stop: async () => {
      crew.isStopping = true;
      await Promise.all([...crew.workers].map(end));
    },
  };
}

interface Members {
  readonly workers: Set<Worker>;
  counts: Counts;
  /** How many have said so, those that were replaced included. */
  listening: number;
  replaced: number;
  isStopping: boolean;
}

function add(parts: CrewParts, crew: Members, heard: (word: WorkerWord) => void): void {
  const worker = cluster.fork();
  crew.workers.add(worker);
  worker.on('online', () => tell(worker, parts));
  worker.on('error', error => parts.log.error({ err: error }, 'a worker cannot be told'));
  worker.on('message', (word: WorkerWord) => {
    if (word.is === 'counts') crew.counts = addCounts(crew.counts, word.counts);
    else heard(word);
  });
  worker.on('exit', (code, signal) => {
    crew.workers.delete(worker);
    if (crew.isStopping) return;
    crew.replaced++;
    parts.log.error({ code, signal }, 'a worker has ended and is replaced');
    setTimeout(() => crew.isStopping || add(parts, crew, heard), pauseBeforeNext);
  });
}

function tell(worker: Worker, { news }: CrewParts): void {
  const word: CrewNews = { is: 'news', desks: news() };
  if (worker.isConnected()) worker.send(word);
}

async function end(worker: Worker): Promise<void> {
  const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()));
  worker.process.kill('SIGTERM');
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), endWithin);
  await ended;
  clearTimeout(timer);
}
