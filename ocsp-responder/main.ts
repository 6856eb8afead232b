import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import { readPolicies } from '../ca-core/index.ts';
import { openLog } from '../ca-core/log.ts';
import type { CrewNews } from './crew.ts';
import { startPrimary } from './primary.ts';
import { readSettings, type ResponderSettings } from './settings.ts';
import { openWorker } from './worker.ts';

try {
  const settings = readSettings(process.env);
  if (cluster.isPrimary) await beginPrimary(settings);
  else beginWorker(settings);
} catch (error) {
  console.error(sentenceFor(error));
  process.exit(1);
}

async function beginPrimary(settings: ResponderSettings): Promise<void> {
  const policy = readPolicies(settings.policies).schedule.ocsp;
  const program = fileURLToPath(import.meta.url);
  const { ready, stop } = await startPrimary(settings, { program, policy, log: openLog('ocsp-responder') });
  const end = (): void => void stop().then(() => process.exit(0));
  process.once('SIGINT', end).once('SIGTERM', end);
  await ready.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  console.log(`ocsp-responder ready at ${settings.url.href.replace(/\/$/, '')}`);
}

function beginWorker(settings: ResponderSettings): void {
  const { home, passphraseFile, keys, port, url } = settings;
  const policy = readPolicies(settings.policies).schedule.ocsp;
  const prefix = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  const log = openLog('ocsp-responder');
  const worker = openWorker({
    place: { home, passphraseFile, keys },
    policy,
    port,
    prefix,
    clock: systemClock,
    log,
    say: word => process.connected && process.send?.(word),
  });
  process.on('message', (news: CrewNews) => worker.take(news));
  // Until it listens, only the primary's word keeps it running.
  process.channel?.ref();
  const end = (): void => {
    worker.close();
    setTimeout(() => process.exit(0), 100);
  };
  process.once('SIGINT', end).once('SIGTERM', end);
}

function sentenceFor(error: unknown): string {
  if (!(error instanceof PkiError)) return `The OCSP responder could not start: ${String(error)}`;
  const { code, values } = error;
  const mistakes = Array.isArray(values['mistakes']) ? values['mistakes'].join('; ') : '';
  if (code === 'portInUse') {
    const setting = String(values['setting'] ?? 'KAKUIN_OCSP_PORT');
    return `Port ${String(values['port'])} (${setting}) is in use by another program.`;
  }
  if (code === 'alreadyRunning') return 'Another OCSP responder is running in this home.';
  if (code === 'settingsInvalid') return `The settings of the OCSP responder are not right: ${mistakes}`;
  if (code === 'policyInvalid') return `The policies are not valid: ${mistakes}`;
  if (code === 'notInitialised' || code === 'keyMissing') {
    return 'There is no CA in this home yet: run the key ceremony first (npm start does it).';
  }
  return `The OCSP responder could not start: ${error.message}`;
}
