import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openDatabase, openStore, readPolicies } from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import { refusals } from './answer.ts';
import { createOcspServer } from './http.ts';
import { openOcspResponder, type OcspResponder } from './open-ocsp-responder.ts';
import type { Responder } from './respond.ts';
import { repeat } from './rounds.ts';
import { readSettings, type ResponderSettings } from './settings.ts';

/** How long the first signer certificate may take before it says that it is ready without one. */
const patience = 15;

try {
  await run(readSettings(process.env));
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function run(settings: ResponderSettings): Promise<void> {
  const { home, passphraseFile, url } = settings;
  const policy = readPolicies(settings.policies).schedule.ocsp;
  const database = openDatabase(settings.database);
  const log = openLog('ocsp-responder');
  const store = openStore(database);
  const prefix = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  const maxAge = policy.httpMaxAge;
  const opened: { responder?: Responder } = {};
  const answering: Pick<Responder, 'respond'> = {
    respond: request => opened.responder?.respond(request) ?? refusals.tryLater,
  };
  const server = createOcspServer({ responder: answering, prefix, maxAge, clock: systemClock });
  // The port is taken first: a second responder must not touch the journal of the first.
  await listen(server, settings.port);
  const ocsp = await openOcspResponder({ store, home, passphraseFile, policy, clock: systemClock, log });
  opened.responder = ocsp.responder;
  const rounds = repeat(ocsp.round, policy.followEvery, error => log.error({ err: error }, 'a round failed'));
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await rounds.stop();
    await ocsp.close();
    await database.destroy();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop()).once('SIGTERM', () => void stop());
  await untilSigner(ocsp);
  console.log(`ocsp-responder ready at ${url.href.replace(/\/$/, '')}`);
}

async function untilSigner(ocsp: OcspResponder): Promise<void> {
  for (let waited = 0; waited < patience * 10 && !ocsp.hasSigner(); waited++) await pause(100);
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
  if (!(error instanceof PkiError)) return `The OCSP responder could not start: ${String(error)}`;
  const { code, values } = error;
  const mistakes = Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : '';
  if (code === 'portInUse') return `Port ${String(values['port'])} (KAKUIN_OCSP_PORT) is in use by another program.`;
  if (code === 'settingsInvalid') return `The settings of the OCSP responder are not right: ${mistakes}`;
  if (code === 'policyInvalid') return `The policies are not valid: ${mistakes}`;
  if (code === 'notInitialised' || code === 'keyMissing') {
    return 'There is no CA in this home yet: run the key ceremony first (npm start does it).';
  }
  return `The OCSP responder could not start: ${error.message}`;
}
