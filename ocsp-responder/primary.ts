/** The responder as a program: the primary that knows and signs, its workers, its rounds, its figures for operators. */
import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openDatabase, openStore, type SchedulePolicy } from '../ca-core/index.ts';
import type { Log } from '../ca-core/log.ts';
import { openCrew, type Crew } from './crew.ts';
import { createMetricsServer } from './metrics.ts';
import { openOcspResponder, type OcspResponder } from './open-ocsp-responder.ts';
import { repeat, type Rounds } from '../ca-core/index.ts';
import type { ResponderSettings } from './settings.ts';

export interface Primary {
  /** Resolves when it answers. Rejects with portInUse. */
  readonly ready: Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface PrimaryParts {
  /** What the workers run: the file that runs this. */
  readonly program: string;
  readonly policy: SchedulePolicy['ocsp'];
  readonly log: Log;
}

/** How long the first signer certificate may take before it says that it is ready without one, in seconds. */
const patience = 15;
const prepareEvery = 1;
const checkEvery = 10;

/** Throws alreadyRunning, and whatever else keeps it from starting whole. */
export async function startPrimary(settings: ResponderSettings, parts: PrimaryParts): Promise<Primary> {
  const { home, passphraseFile, keys, port, workers } = settings;
  const { policy, log } = parts;
  const database = openDatabase(settings.database);
  const store = openStore(database);
  const ocsp = await openOcspResponder({ store, home, passphraseFile, keys, policy, clock: systemClock, log });
  const crew = openCrew({ program: parts.program, count: workers, port, news: ocsp.news, log });
  const figures = metricsOf(ocsp, crew);
  const rounds = roundsOf(ocsp, crew, parts);
  return {
    ready: readiness(ocsp, crew, { figures, port: settings.metricsPort }),
    stop: async () => {
      figures.close();
      figures.closeAllConnections();
      const stopped = Promise.all(rounds.map(one => one.stop()));
      await crew.stop();
      await ocsp.close();
      await stopped;
      await database.destroy();
    },
  };
}

async function readiness(
  ocsp: OcspResponder,
  crew: Crew,
  { figures, port }: { readonly figures: Server; readonly port: number | null },
): Promise<void> {
  if (port !== null) await listen(figures, port);
  await crew.listening;
  for (let waited = 0; waited < patience * 10 && !ocsp.hasSigner(); waited++) await pause(100);
  crew.tell();
}

/** Apart from each other: signing a million answers beforehand must not keep a revocation waiting. */
function roundsOf(ocsp: OcspResponder, crew: Crew, { policy, log }: PrimaryParts): readonly Rounds[] {
  const follow = async (): Promise<void> => {
    try {
      await ocsp.round();
    } finally {
      crew.tell();
    }
  };
  const failed = (what: string) => (error: unknown) => log.error({ err: error }, what);
  return [
    repeat(follow, policy.followEvery, failed('a round failed')),
    repeat(ocsp.prepare, prepareEvery, failed('answers could not be signed beforehand')),
    repeat(ocsp.check, checkEvery, failed('the self-check could not be made')),
  ];
}

function metricsOf(ocsp: OcspResponder, crew: Crew): Server {
  const { counts, present, replaced } = crew;
  return createMetricsServer({ state: ocsp.state, counts, workers: present, replaced, clock: systemClock });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? new PkiError('portInUse', { port, setting: 'KAKUIN_OCSP_METRICS_PORT' }) : error,
      );
    });
    server.listen(port, resolve);
  });
}
