import { logFolder } from './home.ts';
import { serviceNames, settingOf, type Settings } from './settings.ts';
import { supervise, type Supervised } from './supervisor.ts';

export interface Platform {
  /** Ends every service and resolves when all are gone. May be asked twice. */
  readonly stop: () => Promise<void>;
}

export interface PlatformStart {
  readonly settings: Settings;
  /** Told each service that is ready, and later whatever happens to one. */
  readonly say: (line: string) => void;
  /** When this is aborted while services start, they are ended again. */
  readonly signal: AbortSignal;
}

/**
 * Starts the services and resolves when all are ready. Throws the last words of the first one that is not, with
 * nothing left running.
 */
export async function startPlatform({ settings, say, signal }: PlatformStart): Promise<Platform> {
  const services = serviceNames.map(name => supervise({ name, settings, logs: logFolder(settings), say }));
  const stop = once(async () => {
    await Promise.all(services.map(service => service.stop()));
  });
  try {
    await Promise.race([Promise.all(services.map(service => readiness(service, say))), aborted(signal)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

/** Addresses for people and programs, a line each. */
export function addressLines(settings: Settings): string[] {
  const lines: [string, string][] = [
    ['Applications and officers', `${settingOf(settings, 'KAKUIN_PORTAL_URL')}/`],
    ['Approvals', `${settingOf(settings, 'KAKUIN_APPROVAL_URL')}/`],
    ['OCSP', `${settingOf(settings, 'KAKUIN_OCSP_URL')}/`],
    ['CRL', `${settingOf(settings, 'KAKUIN_CRL_URL')}/crl/issuing/0.crl`],
    ['CA certificates', `${settingOf(settings, 'KAKUIN_CRL_URL')}/ca/root.cer`],
    ['', `${settingOf(settings, 'KAKUIN_CRL_URL')}/ca/issuing.cer`],
    ['Figures for operators', `http://127.0.0.1:${settingOf(settings, 'KAKUIN_MONITOR_PORT')}/metrics`],
  ];
  return lines.map(([what, url]) => `  ${what.padEnd(26)} ${url}`);
}

async function readiness({ name, ready }: Supervised, say: (line: string) => void): Promise<void> {
  await ready;
  say(`      ${name} is ready`);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = (): void => reject(new Error('stopped'));
    if (signal.aborted) refuse();
    else signal.addEventListener('abort', refuse, { once: true });
  });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
