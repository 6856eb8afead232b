import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import {
  authenticatorsNeeded,
  openDatabase,
  requireCaTables,
  openStore,
  type Policies,
  readPolicies,
  type Store,
} from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { openDesk } from './desk.ts';
import type { DeskGround } from './ground.ts';
import { type DeskSettings, readSettings } from './settings.ts';
import type { Language } from './words/languages.ts';

try {
  await run(readSettings(process.env));
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function run({ database, policies, port, url, portalUrl }: DeskSettings): Promise<void> {
  const knex = openDatabase(database);
  await requireCaTables(knex);
  const store = openStore(knex);
  const scripts = join(projectRoot, 'dist', 'approval-desk', 'browser');
  const log = openLog('approval-desk');
  const read = readPolicies(policies);
  const evidenceTitles = titlesOf(read);
  const authenticators = authenticatorsNeeded(read.schedule.officers.authenticators, { origin: url });
  const ca = await issuingCaOf(store);
  const desk = openDesk({
    store,
    ca,
    url,
    portalUrl,
    evidenceTitles,
    sample: read.identity.sample,
    authenticators,
    scripts,
    clock: systemClock,
    log,
  });
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

function titlesOf({ identity: { methods, documents } }: Policies): DeskGround['evidenceTitles'] {
  const titled = [...methods, ...documents];
  const inLanguage = (language: Language): Record<string, string> =>
    Object.fromEntries(titled.map(({ id, title }) => [id, title[language]]));
  return { ja: inLanguage('ja'), en: inLanguage('en') };
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
  if (code === 'tablesUnfit') return 'The database is not of this release yet: run npm run kakuin -- database migrate.';
  if (code === 'policyInvalid') return `The policies are not right: ${mistakesOf(error)}`;
  return `The approval desk could not start: ${error.message}`;
}

function mistakesOf({ values }: PkiError): string {
  return Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : '';
}
