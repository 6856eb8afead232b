import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openDatabase, openStore, readPolicies, repeat, requireCaTables } from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import { createFiguresServer } from './http.ts';
import { openMonitor } from './open-monitor.ts';
import { readSettings, type MonitorSettings } from './settings.ts';

try {
  await run(readSettings(process.env));
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function run(settings: MonitorSettings): Promise<void> {
  const knex = openDatabase(settings.database);
  await requireCaTables(knex);
  const log = openLog('monitor');
  const policy = readPolicies(settings.policies).operations;
  const monitor = openMonitor({ store: openStore(knex), settings, policy, clock: systemClock, log });
  const server = createFiguresServer({ ...monitor, token: tokenIn(settings.tokenFile) });
  await listen(server, settings);
  const rounds = repeat(monitor.round, policy.observeEvery, error => log.error({ err: error }, 'a round failed'));
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await rounds.stop();
    await monitor.settled();
    await knex.destroy();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop());
  console.log(`monitor ready at http://${settings.address}:${settings.port}/metrics`);
}

/** Throws settingsInvalid where the file holds none. */
function tokenIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let token = '';
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch {
    // Said below.
  }
  if (token.length >= 16) return token;
  throw new PkiError('settingsInvalid', {
    mistakes: [`KAKUIN_MONITOR_TOKEN_FILE: ${file} holds no token of 16 characters or more`],
  });
}

function listen(server: Server, { port, address }: Pick<MonitorSettings, 'port' | 'address'>): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PkiError('portInUse', { port }) : error);
    });
    server.listen(port, address, resolve);
  });
}

function sentenceFor(error: unknown): string {
  if (!(error instanceof PkiError)) return `The monitor could not start: ${String(error)}`;
  const { code, values } = error;
  const mistakes = Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : '';
  if (code === 'portInUse') return `Port ${String(values['port'])} (KAKUIN_MONITOR_PORT) is in use by another program.`;
  if (code === 'settingsInvalid') return `The settings of the monitor are not right: ${mistakes}`;
  if (code === 'policyInvalid') return `The policies are not valid: ${mistakes}`;
  return `The monitor could not start: ${error.message}`;
}
