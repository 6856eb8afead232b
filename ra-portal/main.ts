import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openDatabase, openStore, readPolicies, repeat, requireCaTables, requireTables } from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { createProxyServer, listenAtSocket } from './people/proxy-socket.ts';
import { productionWarnings } from './people/production.ts';
import { openPortal } from './portal.ts';
import { readSettings, type PortalSettings } from './settings.ts';
import { portalTables } from './store/database.ts';

/** How often the portal looks for new certificates and waiting letters, milliseconds. */
const lookEvery = 2_000;
/** How often bulk jobs are carried on, seconds. */
const runJobsEvery = 0.5;

try {
  await run(readSettings(process.env));
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function run(settings: PortalSettings): Promise<void> {
  const database = openDatabase(settings.database);
  await requireCaTables(database);
  await requireTables(database, portalTables);
  const log = openLog('ra-portal');
  const { app, look, runJobs } = openPortal({
    database,
    settings,
    clock: systemClock,
    log,
    compiled: join(projectRoot, 'dist'),
  });
  const server = createServer(app);
  await listen(server, settings.port);
  const proxyServer = createProxyServer(app);
  if (settings.socket !== undefined) await listenAtSocket(proxyServer, settings.socket);
  const warnings = await productionWarnings(openStore(database), settings, readPolicies(settings.policies));
  for (const warning of warnings) log.warn({}, warning);
  const watch = keepLooking(look, error => log.error({ err: error }, 'the look for new certificates failed'));
  const jobs = repeat(runJobs, runJobsEvery, error => log.error({ err: error }, 'a bulk job could not go on'));
  const stop = (): void => {
    clearInterval(watch);
    server.close(
      () =>
        void jobs
          .stop()
          .then(() => database.destroy())
          .then(() => process.exit(0)),
    );
    server.closeAllConnections();
    proxyServer.close();
    proxyServer.closeAllConnections();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  console.log(`ra-portal ready at ${settings.url}`);
}

/** One look at a time, however long it takes. */
function keepLooking(look: () => Promise<void>, onError: (error: unknown) => void): NodeJS.Timeout {
  let isLooking = false;
  return setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch(onError)
      .finally(() => (isLooking = false));
  }, lookEvery);
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
  if (!(error instanceof PkiError)) return `The portal could not start: ${String(error)}`;
  const { code, values } = error;
  if (code === 'portInUse')
    return `${String(values['port'])} (KAKUIN_PORTAL_PORT, KAKUIN_PORTAL_SOCKET) is in use by another program.`;
  const mistakes = Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : error.message;
  if (code === 'settingsInvalid') return `The settings of the portal are not right: ${mistakes}`;
  if (code === 'tablesUnfit') return 'The database is not of this release yet: run npm run kakuin -- database migrate.';
  if (code === 'policyInvalid') return `The policies are not right: ${mistakes}`;
  return `The portal could not start: ${error.message}`;
}
