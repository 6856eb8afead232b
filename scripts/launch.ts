import { spawn, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../ca-core/project-root.ts';
import { environmentOf, type ServiceName, type Settings } from './settings.ts';

/** One run of one service. */
export interface Launched {
  /** Resolves when it says that it is ready; rejects with its own last words when it does not. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone, with how it ended as the end of a sentence. */
  readonly ended: Promise<string>;
  /** Asks it to end, insists after 8 s, resolves when it is gone. */
  readonly end: () => Promise<void>;
}

/** A service ended, or did not begin; the message is what it said itself. */
export class ServiceEnded extends Error {}

const readyWithin = 60_000;
const endWithin = 8_000;

/**
 * Starts a service in a group of its own, so that Ctrl-C reaches only the starter, which ends the services in good
 * order; the tether ends them when the starter cannot. What the service prints goes to `log`.
 */
export function launch(name: ServiceName, settings: Settings, log: Writable): Launched {
  const tether = pathToFileURL(join(projectRoot, 'dist', 'scripts', 'tether.js')).href;
  const child = spawn(process.execPath, ['--import', tether, join(projectRoot, 'dist', name, 'main.js')], {
    cwd: projectRoot,
    env: { ...process.env, ...threadsFor(name), ...environmentOf(settings, name) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  });
  const ended = endingOf(child);
  const ready = readinessOf({ name, child, log, ended });
  // Whoever stops the service before it was ready no longer listens for that.
  ready.catch(() => undefined);
  return { ready, ended, end: () => end(child, ended) };
}

/** The CA core makes RSA keys on all cores, beside everything else that libuv's threads do. */
function threadsFor(name: ServiceName): Record<string, string> {
  return name === 'ca-core' ? { UV_THREADPOOL_SIZE: String(availableParallelism() + 3) } : {};
}

function endingOf(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.on('error', error => resolve(`could not be started (${error.message})`));
    child.on('close', (code, signal) =>
      resolve(signal === null ? `ended with code ${code ?? 1}` : `was killed (${signal})`),
    );
  });
}

interface Beginning {
  readonly name: ServiceName;
  readonly child: ChildProcess;
  readonly log: Writable;
  readonly ended: Promise<string>;
}

function readinessOf({ name, child, log, ended }: Beginning): Promise<void> {
  const lastWords: string[] = [];
  return new Promise<void>((resolve, reject) => {
    const late = new ServiceEnded(`${name} was not ready within ${readyWithin / 1000} s.`);
    const timer = setTimeout(() => reject(late), readyWithin);
    eachLine(child.stdout, line => {
      log.write(`${line}\n`);
      if (line.startsWith(`${name} ready`)) resolve();
    });
    eachLine(child.stderr, line => {
      log.write(`${line}\n`);
      if (lastWords.push(line) > 12) lastWords.shift();
    });
    void ended.then(ending => {
      clearTimeout(timer);
      reject(new ServiceEnded(lastWords.length > 0 ? lastWords.join('\n') : `${name} ${ending}.`));
    });
  });
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', take);
}

async function end(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), endWithin);
  await ended;
  clearTimeout(timer);
}
