import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openDatabase, openStore, type Store } from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { openDesk } from './desk.ts';
import { type DeskSettings, readSettings } from './settings.ts';

try {
  await run(readSettings(process.env));
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function run({ database, port, url, portalUrl }: DeskSettings): Promise<void> {
  const knex = openDatabase(database);
  const store = openStore(knex);
  const scripts = join(projectRoot, 'dist', 'approval-desk', 'browser');
  const log = openLog('approval-desk');
  const desk = openDesk({ store, ca: await issuingCaOf(store), url, portalUrl, scripts, clock: systemClock, log });
  const server = createServer(desk);
  await listen(server, port);
  const stop = (): void => {
    server.close(() => void knex.destroy().then(() => process.exit(0)));
    server.closeAllConnections();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  console.log(`approval-desk ready at ${url}`);
}

async function issuingCaOf(store: Store): Promise<string> {
  const issuing = (await store.issuers.list()).find(({ role }) => role === 'issuing');
  if (issuing === undefined) throw new PkiError('notInitialised');
  return issuing.id;
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
  if (!(error instanceof PkiError)) return `The approval desk could not start: ${String(error)}`;
  const { code, values } = error;
  if (code === 'portInUse')
    return `Port ${String(values['port'])} (KAKUIN_APPROVAL_PORT) is in use by another program.`;
  if (code === 'notInitialised')
    return 'There is no CA in this database yet: run the key ceremony first (npm start does it).';
  if (code === 'settingsInvalid') return `The settings of the approval desk are not right: ${mistakesOf(error)}`;
  return `The approval desk could not start: ${error.message}`;
}

function mistakesOf({ values }: PkiError): string {
  return Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : '';
}
