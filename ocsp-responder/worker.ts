/** A program that only answers: from the primary's files, with the responder's key for whatever was not signed beforehand. */
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { SchedulePolicy } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import type { Answer } from './answer.ts';
import type { CrewNews, WorkerWord } from './crew.ts';
import { createOcspServer } from './http.ts';
import { openResponderKeys, type ResponderKeyPlace, type ResponderKeys } from './keys.ts';
import { openRootAnswers, type RootAnswers } from './root-answers.ts';
import { openSwinging } from './swinging.ts';
import { openSharedDesk, type SharedDesk } from './shared-desk.ts';

export interface WorkerParts {
  /** Where the signers' keys are. */
  readonly place: ResponderKeyPlace;
  readonly policy: SchedulePolicy['ocsp'];
  readonly port: number;
  /** Path of the responder's URL, ending in a slash. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Says something to the primary. */
  readonly say: (word: WorkerWord) => void;
}

export interface WorkerSeat {
  /** What the primary says. */
  readonly take: (news: CrewNews) => void;
  readonly close: () => void;
}

const countEvery = 1_000;

/** Opens nothing before the first news. A failure ends the program: the primary starts another. */
export function openWorker(parts: WorkerParts): WorkerSeat {
  let counter: Promise<Counter> | undefined;
  return {
    take: news => {
      // One after the other: a desk that is opened for one news is there for the next.
      counter = counter === undefined ? open(news, parts) : counter.then(one => follow(one, news, parts));
      counter.catch(fail(parts));
    },
    close: () =>
      void counter?.then(({ server, keys }) => {
        server.close();
        server.closeAllConnections();
        void keys.close();
      }),
  };
}

/** What a worker has open. */
interface Counter {
  readonly server: Server;
  readonly keys: ResponderKeys;
  readonly roots: RootAnswers;
  readonly desks: readonly SharedDesk[];
  /** Puts a responder for other desks in the place of the one before. */
  readonly seat: (desks: readonly SharedDesk[]) => void;
}

async function open({ desks: news }: CrewNews, parts: WorkerParts): Promise<Counter> {
  const { prefix, policy, clock, log } = parts;
  const keys = await openResponderKeys(parts.place);
  const desks = await Promise.all(news.map(one => openSharedDesk(one, { ...parts, keys })));
  const roots = openRootAnswers(join(parts.place.home, 'roots'), { clock, log });
  roots.follow();
  const responder = openSwinging({ desks, roots, policy, clock, log });
  const counts = new Map<string, number>();
  const server = createOcspServer({ responder, prefix, maxAge: policy.httpMaxAge, clock, answered: count(counts) });
  setInterval(() => sayCounts(counts, parts), countEvery).unref();
  await listen(server, parts);
  return { server, keys, roots, desks, seat: responder.seat };
}

async function follow(counter: Counter, { desks: news }: CrewNews, parts: WorkerParts): Promise<Counter> {
  const { keys, roots, desks, seat } = counter;
  roots.follow();
  for (const one of news) await desks.find(({ ca }) => ca === one.ca)?.take(one);
  const unknown = news.filter(one => !desks.some(({ ca }) => ca === one.ca));
  if (unknown.length === 0) return counter;
  const all = [...desks, ...(await Promise.all(unknown.map(one => openSharedDesk(one, { ...parts, keys }))))];
  seat(all);
  return { ...counter, desks: all };
}

function fail({ log }: WorkerParts): (error: unknown) => void {
  return error => {
    log.error({ err: error }, 'a worker cannot go on');
    process.exit(1);
  };
}

function count(counts: Map<string, number>): (answer: Answer) => void {
  return ({ status, http }) => {
    const name = http === undefined ? status : 'shed';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
}

function sayCounts(counts: Map<string, number>, { say }: WorkerParts): void {
  if (counts.size === 0) return;
  say({ is: 'counts', counts: Object.fromEntries(counts) });
  counts.clear();
}

function listen(server: Server, { port, say }: WorkerParts): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') say({ is: 'portInUse' });
      else reject(error);
    });
    server.listen(port, () => {
      say({ is: 'listening' });
      resolve();
    });
  });
}
