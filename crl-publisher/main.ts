import type { Server } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import cron from 'node-cron';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openDatabase, openStore, readPolicies, requireCaTables } from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import { createCrlServer } from './http.ts';
import { openCrlPublisher, type CrlPublisher } from './open-crl-publisher.ts';
import { pauseByLot } from './pause-by-lot.ts';
import { repeat } from '../ca-core/index.ts';
import { readSettings, type PublisherSettings } from './settings.ts';

/** How long the first CRL may take before it says that it is ready without one. */
const patience = 15;

try {
  await run(readSettings(process.env));
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function run({ database, policies, port, url, ...places }: PublisherSettings): Promise<void> {
  const timetable = readPolicies(policies).schedule.crl;
  const knex = openDatabase(database);
  await requireCaTables(knex);
  const log = openLog('crl-publisher');
  const fetchPublic = async (path: string): Promise<Uint8Array> => {
    const answer = await fetch(url + path, { cache: 'no-store', signal: AbortSignal.timeout(20_000) });
    return new Uint8Array(await answer.arrayBuffer());
  };
  const publisher = await openCrlPublisher({
    store: openStore(knex),
    ...{ ...places, url, fetchPublic, timetable, log },
    clock: systemClock,
    name: `${hostname().slice(0, 40)} ${process.pid}`,
  });
  const server = createCrlServer({ files: publisher.files, clock: systemClock });
  await listen(server, port);
  const failed = (error: unknown): void => log.error({ err: error }, 'a round failed');
  const rounds = repeat(publisher.round, timetable.wakeEvery, failed);
  const directoryRounds = repeat(publisher.directoryRound, timetable.wakeEvery, failed);
  const hourly = cron.schedule(timetable.cron, async () => {
    const left = await publisher.untilOverdue().catch(() => 0);
    await pause(pauseByLot({ jitter: timetable.jitter, left }, Math.random()));
    await publisher.orderBySchedule().catch(failed);
  });
  hourly.on('execution:missed', () => void publisher.orderBySchedule().catch(failed));
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await hourly.destroy();
    await rounds.stop();
    await directoryRounds.stop();
    await publisher.close().catch(failed);
    await knex.destroy();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop());
  await untilOut(publisher);
  await publisher.catchUp();
  console.log(`crl-publisher ready at ${url}`);
}

async function untilOut(publisher: CrlPublisher): Promise<void> {
  for (let waited = 0; waited < patience * 10 && !publisher.isOut(); waited++) await pause(100);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PkiError('portInUse', { port }) : error);
    });
    server.listen(port, resolve);
  });
}

function sentenceFor(error: unknown): string {
  if (!(error instanceof PkiError)) return `The CRL publisher could not start: ${String(error)}`;
  const { code, values } = error;
  const mistakes = Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : '';
  if (code === 'portInUse') return `Port ${String(values['port'])} (KAKUIN_CRL_PORT) is in use by another program.`;
  if (code === 'settingsInvalid') return `The settings of the CRL publisher are not right: ${mistakes}`;
  if (code === 'tablesUnfit') return 'The database is not of this release yet: run npm run kakuin -- database migrate.';
  if (code === 'policyInvalid') return `The policies are not valid: ${mistakes}`;
  if (code === 'notInitialised') {
    return 'There is no CA in this home yet: run the key ceremony first (npm start does it).';
  }
  return `The CRL publisher could not start: ${error.message}`;
}
