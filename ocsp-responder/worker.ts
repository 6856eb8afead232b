/** A program that only answers: from the primary's files, with the responder's key for whatever was not signed beforehand. */
import type { Server } from 'node:http';
import type { SchedulePolicy } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import type { Answer } from './answer.ts';
import type { CrewNews, WorkerWord } from './crew.ts';
import { createOcspServer } from './http.ts';
import { openResponderKeys } from './keys.ts';
import { openResponder } from './respond.ts';
import { openSharedDesk, type SharedDesk } from './shared-desk.ts';

export interface WorkerParts {
  readonly passphraseFile: string;
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
  let opened: Promise<{ readonly desks: readonly SharedDesk[]; readonly server: Server }> | undefined;
  const server = (): Promise<Server> | undefined => opened?.then(one => one.server);
  return {
    take: news => {
      if (opened === undefined) opened = open(news, parts);
      else void opened.then(({ desks }) => follow(desks, news)).catch(fail(parts));
      opened.catch(fail(parts));
    },
    close: () =>
      void server()?.then(one => {
        one.close();
        one.closeAllConnections();
      }),
  };
}

async function open({ desks: news }: CrewNews, parts: WorkerParts) {
  const { passphraseFile, prefix, policy, clock, log } = parts;
  const openKeys = (home: string) => openResponderKeys({ home, passphraseFile });
  const desks = await Promise.all(news.map(one => openSharedDesk(one, { openKeys, policy, clock, log })));
  const responder = openResponder({ desks, policy, clock, log });
  const counts = new Map<string, number>();
  const server = createOcspServer({ responder, prefix, maxAge: policy.httpMaxAge, clock, answered: count(counts) });
  setInterval(() => sayCounts(counts, parts), countEvery).unref();
  await listen(server, parts);
  return { desks, server };
}

async function follow(desks: readonly SharedDesk[], { desks: news }: CrewNews): Promise<void> {
  for (const one of news) await desks.find(({ ca }) => ca === one.ca)?.take(one);
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
